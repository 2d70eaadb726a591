//! The container's tree follows the folder's.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::lab::{Lab, docker, synced, until};

fn lab(files: &[&str]) -> Lab {
    let mut lab = Lab::new(&synced("    user: '1000:1000'\n"));
    for file in files {
        lab.write(&format!("src/{file}"), file);
    }
    lab.watch(&[]);
    lab.assert_same("web", "/app", "src");
    lab
}

#[test]
fn each_editors_way_to_save() {
    let lab = lab(&["a.py", "b.py", "d/c.py"]);
    let at = |name: &str| lab.path("src").join(name);
    for (editor, script) in [
        ("in place", "echo nano > a.py"),
        ("vim", "echo > 4913; rm 4913; mv a.py a.py~; echo vim > a.py; chmod 755 a.py; rm a.py~"),
        ("vim with a swap file", "echo s > .a.py.swp; echo vim2 > a.py; rm .a.py.swp"),
        (
            "jetbrains",
            "echo j > a.py___jb_tmp___; mv a.py a.py___jb_old___; mv a.py___jb_tmp___ a.py; rm a.py___jb_old___",
        ),
        ("vs code", "echo c > .a.py.tmp; sync .a.py.tmp; mv .a.py.tmp a.py"),
        ("sed", "sed -i s/b/B/ b.py d/c.py"),
        ("a slow writer", "(echo one; sleep 0.3; echo two) > a.py"),
        ("a new folder", "mkdir -p x/y; echo z > x/y/z; ln -s z x/y/l"),
        ("moves", "mv x/y w; mv d/c.py w/c; rmdir x"),
        ("modes", "chmod 600 a.py; chmod 755 b.py"),
        ("kinds", "rm b.py; mkdir b.py; echo in > b.py/in; rm -r w; echo file > w"),
    ] {
        lab.shell(script);
        eprintln!("{editor}");
        lab.assert_same("web", "/app", "src");
    }
    symlink("ann@host.1:1", at(".#a.py")).unwrap();
    lab.shell("mv a.py a.py~; echo emacs > a.py");
    fs::remove_file(at(".#a.py")).unwrap();
    fs::remove_file(at("a.py~")).unwrap();
    lab.assert_same("web", "/app", "src");
    assert_eq!(docker(&["exec", &lab.container("web"), "stat", "-c", "%u:%g", "/app/a.py"]), "1000:1000");
}

#[test]
fn a_branch_switch_of_five_thousand_files() {
    let files: Vec<_> = (0..5000).map(|n| format!("d{:02}/f{n}", n % 50)).collect();
    let lab = lab(&files.iter().map(String::as_str).collect::<Vec<_>>());
    for (n, file) in files.iter().enumerate() {
        let path = lab.path("src").join(file);
        match n % 4 {
            0 => fs::remove_file(&path).unwrap(),
            1 => fs::write(&path, format!("other {n}")).unwrap(),
            2 => {
                fs::write(path.with_extension("new"), "beside").unwrap();
                fs::rename(path.with_extension("new"), &path).unwrap();
            }
            _ => fs::rename(&path, path.with_extension("moved")).unwrap(),
        }
    }
    lab.shell("rm -r d07 d08; mkdir d08; echo x > d08/x");
    lab.assert_same("web", "/app", "src");
}

#[test]
fn a_root_that_is_deleted_and_made_again() {
    let lab = lab(&["a", "d/b"]);
    lab.shell("cd ..; rm -r src; mkdir -p src/d; echo 1 > src/d/c; echo 2 > src/a");
    lab.assert_same("web", "/app", "src");
    lab.shell("cd ..; mv src away; sleep 2; mv away src; echo 3 > src/d/c; rm src/a");
    lab.assert_same("web", "/app", "src");
    assert!(lab.count("is back") > 0, "{:?}", lab.told());
}

#[test]
fn lost_events_are_made_up_for() {
    let lab = lab(&["a", "b", "d/c"]);
    let queue: usize = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let signal = |name: &str| {
        assert!(Command::new("kill").args([name, &lab.pid().to_string()]).status().unwrap().success());
    };
    signal("-STOP");
    lab.shell(&format!("seq -f f%.0f {} | xargs touch; rm -r d; echo new > a; mkdir e; echo late > e/f", queue / 2));
    signal("-CONT");
    lab.hear("events were lost");
    lab.assert_same("web", "/app", "src");
    lab.shell("rm f1*; echo still > e/f");
    lab.assert_same("web", "/app", "src");
}

#[test]
fn without_enough_watches_it_says_so_and_polls() {
    let mut lab = Lab::new(&synced(""));
    for number in 0..20 {
        lab.write(&format!("src/d{number}/f"), "old");
    }
    let limit = "echo 8 > /proc/sys/user/max_inotify_watches; exec \"$@\"";
    lab.watch_through(&["unshare", "--user", "--map-root-user", "sh", "-ec", limit, "sh"], &[]);
    lab.hear("sysctl fs.inotify.max_user_watches=");
    lab.assert_same("web", "/app", "src");
    lab.shell("rm d3/f; echo new > d4/f; mv d5 d55; rm -r d6");
    lab.assert_same("web", "/app", "src");
}

#[test]
fn deletions_need_no_shell_no_rights_and_no_running_container() {
    // An image with one program, which is neither a shell nor `rm`.
    let folder = tempfile::tempdir().unwrap();
    let make = format!(
        "cd {} && cid=$(docker create busybox:latest) && docker cp $cid:/bin/busybox busybox && docker rm $cid \
         && tar c busybox | docker import - dsenvtest-watch-bare:{}",
        folder.path().display(),
        std::process::id()
    );
    let image = format!("dsenvtest-watch-bare:{}", std::process::id());
    let bare = |lines: &str| {
        synced(lines).replace("busybox:latest", &image).replace("[sleep, '1000']", "[/busybox, sleep, '1000']")
    };
    let mut lab = Lab::new(&bare("    user: '1000:1000'\n"));
    assert!(Command::new("sh").args(["-ec", &make]).status().unwrap().success());
    lab.shell("mkdir d; for n in 1 2 3 4 5 6 7 8; do echo $n > f$n; echo $n > d/$n; done");
    lab.watch(&[]);
    lab.assert_same("web", "/app", "src");
    lab.shell("rm f1 f2 f3 f4 f5 d/1 d/2");
    lab.assert_same("web", "/app", "src");
    docker(&["stop", "-t", "0", &lab.container("web")]);
    lab.hear("it is not mended without --heal");
    lab.shell("rm f6 f7; rm -r d; echo new > f8");
    lab.assert_same("web", "/app", "src");
    drop(lab);
    docker(&["rmi", &image]);
}

#[test]
fn what_a_container_saves_comes_back_and_conflicts_are_kept() {
    let mut lab = Lab::new(&synced("").replace("settle: 0s", "settle: 0s, sync_back: [/app]"));
    lab.write("src/a.ipynb", "one");
    lab.watch(&[]);
    lab.assert_same("web", "/app", "src");
    lab.exec("web", "cd /app; printf two > new; mv new a.ipynb; mkdir d; printf x > d/b.ipynb; mkdir .ipynb_checkpoints; : > .ipynb_checkpoints/c");
    let read = |name: &str| fs::read_to_string(lab.path("src").join(name)).unwrap_or_default();
    assert!(until(|| read("a.ipynb") == "two" && read("d/b.ipynb") == "x"), "{:?}", lab.told());
    assert!(!lab.path("src/.ipynb_checkpoints").exists());
    // What it wrote itself has been looked at by then.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let signal =
        |name: &str| assert!(Command::new("kill").args([name, &lab.pid().to_string()]).status().unwrap().success());
    signal("-STOP");
    lab.exec("web", "printf there > /app/a.ipynb");
    lab.write("src/a.ipynb", "here");
    signal("-CONT");
    let beside = format!("a.from-{}.ipynb", lab.container("web"));
    assert!(until(|| read(&beside) == "there"), "{:?}", lab.told());
    assert_eq!(read("a.ipynb"), "here");
    assert!(until(|| lab.exec("web", "cat /app/a.ipynb") == "here"), "{:?}", lab.told());
}

#[test]
fn links_of_the_container_are_followed_and_stay() {
    let mut lab = Lab::new(&synced("    volumes: [up:/data]\n").replace(", initial_sync: true", ""));
    let spec = fs::read_to_string(lab.path("env.yaml")).unwrap();
    fs::write(lab.path("env.yaml"), format!("{spec}volumes: {{up: {{}}}}\n")).unwrap();
    lab.shell("mkdir before");
    lab.watch(&[]);
    lab.exec(
        "web",
        "mkdir -p /app /data/up; ln -s /data/up /app/uploads; ln -s /data/later /app/later; ln -s /data/up /app/before",
    );
    lab.shell("mkdir -p uploads/d later; echo 1 > uploads/a; echo 2 > uploads/d/b; echo 3 > later/c");
    let big = "head -c 3000000 /dev/zero > uploads/big";
    lab.shell(big);
    let all = "cat /data/up/a /data/up/d/b /data/later/c 2>&1; wc -c 2>&1 < /data/up/big || :";
    assert!(until(|| lab.exec("web", all) == "1\n2\n3\n3000000"), "{}\n{:?}", lab.exec("web", all), lab.told());
    let links = "for link in uploads later before; do readlink /app/$link; done";
    assert_eq!(lab.exec("web", links), "/data/up\n/data/later\n/data/up");
    lab.exec("web", "echo kept > /data/up/kept");
    lab.shell("rm -r uploads before");
    assert!(until(|| lab.exec("web", "ls /data/up") == "kept"), "{:?}", lab.told());
    assert_eq!(lab.exec("web", links), "/data/up\n/data/later\n/data/up");
    assert_eq!(lab.exec("web", "ls -a / | grep dsenv || :"), "");
}

/// Bytes that a watch may need, whatever the size of the files.
const MEMORY: u64 = 64 << 20;

#[test]
fn large_files_go_and_come_without_being_in_memory() {
    let mut lab = Lab::new(&synced("").replace("settle: 0s", "settle: 0s, sync_back: [/app]"));
    lab.watch(&[]);
    lab.shell("head -c 90000000 /dev/urandom > big.tmp; mv big.tmp big");
    lab.assert_same("web", "/app", "src");
    lab.exec("web", "truncate -s 100000000 /app/back");
    assert!(until(|| lab.path("src/back").metadata().is_ok_and(|it| it.len() == 100_000_000)), "{:?}", lab.told());
    let most = lab.memory();
    assert!(most < MEMORY, "{most} bytes");
}

#[test]
fn a_watch_that_is_killed_while_it_copies_leaves_no_half_file() {
    let mut lab = Lab::new(&synced(""));
    lab.write("src/big", "old");
    for round in 0..5 {
        lab.watch(&[]);
        lab.assert_same("web", "/app", "src");
        lab.shell("head -c 40000000 /dev/zero > .dsenv-big; mv .dsenv-big big");
        std::thread::sleep(std::time::Duration::from_millis(30 + 60 * round));
        lab.kill();
        // The engine has seen the end of the connection by then.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let size = lab.exec("web", "wc -c < /app/big");
        assert!(size == "3" || size == "40000000", "round {round}: {size}");
        lab.write("src/big", "old");
    }
    // What was left of a copy goes with the next.
    lab.shell("head -c 2000000 /dev/zero > big");
    lab.watch(&[]);
    lab.assert_same("web", "/app", "src");
    assert_eq!(lab.exec("web", "ls -a / | grep dsenv || :"), "");
}
