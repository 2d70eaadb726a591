//! An engine that does not answer, played by a socket that answers everything but one kind of call.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::lab::{Lab, Ran, ran};

const SPEC: &str = "services: {web: {image: busybox, volumes: ['data:/data']}}\nvolumes: {data: {}}\n";

/// What was asked of an engine, `DELETE /containers/c1`.
type Asked = Arc<Mutex<Vec<String>>>;

/// Answers as an engine with one container and a full disk; what begins with `swallowed` gets no answer.
fn engine(socket: &Path, swallowed: &'static str) -> Asked {
    let listener = UnixListener::bind(socket).unwrap();
    let asked = Asked::default();
    let shared = asked.clone();
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let shared = shared.clone();
            std::thread::spawn(move || answer(client, swallowed, &shared));
        }
    });
    asked
}

fn answer(mut client: UnixStream, swallowed: &str, asked: &Asked) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match client.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let mut words = head.split_whitespace();
    let (verb, path) = (words.next().unwrap(), words.next().unwrap());
    let path = path.strip_prefix("/v1.41").unwrap_or(path);
    asked.lock().unwrap().push(format!("{verb} {}", path.split('?').next().unwrap()));
    if path.starts_with(swallowed) {
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let container = r#"{"Id":"c1","Name":"/lab-web-1","State":{"Status":"running"},"Config":{"Labels":{"dev.dsenv.env":"lab","dev.dsenv.kind":"container","dev.dsenv.name":"web"}},"HostConfig":{},"NetworkSettings":{}}"#;
    // Named only where data is in danger.
    let volumes = match swallowed {
        "/system/df" => {
            r#"{"Volumes":[{"Name":"lab_data","Driver":"local","Mountpoint":"/v","Scope":"local","Options":{},"Labels":{"dev.dsenv.env":"lab","dev.dsenv.kind":"volume","dev.dsenv.name":"data"}}]}"#
        }
        _ => r#"{"Volumes":[]}"#,
    };
    let (status, body) = match path {
        "/volumes/create" => ("500 Internal Server Error", r#"{"message":"mkdir /v: no space left on device"}"#),
        _ if verb != "GET" && path.starts_with("/containers/c1") => ("204 No Content", ""),
        _ if path.starts_with("/containers/json") => ("200 OK", r#"[{"Id":"c1"}]"#),
        _ if path.starts_with("/containers/") => ("200 OK", container),
        _ if path.starts_with("/networks") => ("200 OK", "[]"),
        _ if path.starts_with("/volumes") => ("200 OK", volumes),
        _ if path.starts_with("/info") => ("200 OK", "{}"),
        _ if path.contains("_ping") => ("200 OK", "OK"),
        _ if path.contains("/version") => (
            "200 OK",
            r#"{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12","Os":"linux","Arch":"amd64"}"#,
        ),
        _ => ("404 Not Found", r#"{"message":"no such thing"}"#),
    };
    let head =
        "Api-Version: 1.41\r\nOstype: linux\r\nServer: Docker/20.10.24 (linux)\r\nContent-Type: application/json";
    let length = body.len();
    let _ =
        write!(client, "HTTP/1.1 {status}\r\n{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

fn command(lab: &Lab, verb: &[&str]) -> Command {
    let command = lab.command(&[]);
    let mut plain = Command::new(command.get_program());
    plain.args(verb).current_dir(lab.folder.path()).env_remove("DOCKER_CONTEXT");
    plain.env("DOCKER_HOST", format!("unix://{}", lab.path("engine.sock").display()));
    plain.env("XDG_RUNTIME_DIR", lab.folder.path()).env("DOCKER_CONFIG", lab.folder.path()).stdin(Stdio::null());
    plain
}

/// What a verb says within some seconds, and whether it ended by itself.
fn hear(lab: &Lab, verb: &[&str], seconds: u64) -> (Ran, bool) {
    let mut child = command(lab, verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(seconds);
    let mut ended = false;
    while !ended && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
        ended = child.try_wait().unwrap().is_some();
    }
    if !ended {
        child.kill().unwrap();
    }
    (ran(child.wait_with_output().unwrap()), ended)
}

fn lab(swallowed: &'static str) -> Lab {
    let lab = Lab::new(SPEC);
    engine(&lab.path("engine.sock"), swallowed);
    lab
}

#[test]
fn a_size_is_not_waited_for_longer_than_some_seconds() {
    let begun = Instant::now();
    let (said, ended) = hear(&lab("/system/df"), &["destroy", "--destroy-data", "data"], 20);
    assert!(ended && said.code == 7 && begun.elapsed() < Duration::from_secs(6), "{said:?}");
    assert!(said.stdout.contains("lab_data (size unknown)"), "{said:?}");
}

#[test]
fn an_engine_whose_disk_is_full_is_freed_without_a_lock_and_filled_by_nobody() {
    let lab = Lab::new(SPEC);
    let asked = engine(&lab.path("engine.sock"), "nothing");
    let (said, ended) = hear(&lab, &["apply", "--yes"], 20);
    assert!(ended && said.code != 0 && said.stderr.contains("no space left on device"), "{said:?}");
    assert!(!asked.lock().unwrap().iter().any(|call| call.starts_with("DELETE")), "nothing is done");
    let (said, ended) = hear(&lab, &["destroy", "--yes"], 20);
    assert!(ended && said.code == 0, "{said:?}");
    assert!(said.stderr.contains("the engine's disk is full, so this goes on without a lock"), "{said:?}");
    assert!(asked.lock().unwrap().contains(&"DELETE /containers/c1".to_owned()), "{asked:?}");
}

const CALLS: [(&str, &str); 6] = [
    ("/containers/json", "GET /containers"),
    ("/containers/c1", "GET /containers"),
    ("/networks", "GET /networks"),
    ("/volumes", "GET /volumes"),
    ("/images", "GET /images"),
    ("/_ping", "GET /version"),
];

#[test]
fn whoever_waits_is_told_which_call_the_engine_does_not_answer() {
    std::thread::scope(|scope| {
        for (swallowed, named) in CALLS {
            let strict = ["/containers/json", "/containers/c1", "/_ping"].contains(&swallowed);
            // What is of no use without an answer, and what can do without this one.
            let status = strict.then_some(&["status"][..]);
            for verb in [&["plan"][..], &["apply", "--yes"], &["watch", "--no-up"]].into_iter().chain(status) {
                scope.spawn(move || {
                    let (said, ended) = hear(&lab(swallowed), verb, 12);
                    assert!(!ended, "{verb:?} {swallowed}: {said:?}");
                    let told = format!("the engine has not answered {named} for 5 s; Ctrl-C stops");
                    assert!(said.stderr.contains(&told), "{verb:?} {swallowed}: {said:?}");
                });
            }
        }
    });
}

#[test]
fn a_limit_of_the_users_ends_the_wait_for_an_answer() {
    let limit = ["--timeout", "6s"];
    let cases = [
        ("/networks", "GET /networks", &["apply", "--yes"][..]),
        ("/_ping", "GET /version", &["apply", "--yes"]),
        ("/networks", "GET /networks", &["plan"]),
        ("/_ping", "GET /version", &["plan"]),
        ("/containers/json", "GET /containers", &["status"]),
        ("/_ping", "GET /version", &["status"]),
        ("/networks", "GET /networks", &["rollback", "--yes"]),
        ("/_ping", "GET /version", &["rollback", "--yes"]),
    ];
    std::thread::scope(|scope| {
        for (swallowed, named, verb) in cases {
            scope.spawn(move || {
                let (said, ended) = hear(&lab(swallowed), &[verb, &limit[..]].concat(), 30);
                assert!(ended && said.code == 8, "{verb:?} {swallowed}: {said:?}");
                let told = format!("not answered by the engine {named} within 6 s");
                assert!(said.stderr.contains(&told), "{verb:?} {swallowed}: {said:?}");
            });
        }
    });
}

#[test]
fn a_watch_gives_up_a_look_and_looks_again() {
    let (said, ended) = hear(&lab("/networks"), &["watch", "--no-up", "--timeout", "6s"], 9);
    assert!(!ended, "{said:?}");
    assert!(said.stderr.contains("not answered by the engine GET /networks within 6 s"), "{said:?}");
}

#[test]
fn a_signal_ends_the_wait_for_an_answer_at_once() {
    let cases = [
        ("/networks", &["plan"][..], 130),
        ("/networks", &["apply", "--yes"], 130),
        ("/containers/json", &["status"], 130),
        ("/networks", &["watch"], 130),
        // What the user ends has done what it was asked.
        ("/networks", &["watch", "--no-up"], 0),
        ("/_ping", &["watch"], 130),
    ];
    std::thread::scope(|scope| {
        for (swallowed, verb, expected) in cases {
            scope.spawn(move || {
                let lab = lab(swallowed);
                let child = command(&lab, verb).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                std::thread::sleep(Duration::from_secs(2));
                let pid = child.id().to_string();
                assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
                let begun = Instant::now();
                let output = child.wait_with_output().unwrap();
                let took = begun.elapsed();
                // As a shell says it.
                let code = output.status.code().or(output.status.signal().map(|signal| 128 + signal));
                assert!(code == Some(expected) && took < Duration::from_secs(2), "{verb:?} {took:?}: {output:?}");
            });
        }
    });
}

#[test]
fn status_tells_what_containers_alone_tell() {
    std::thread::scope(|scope| {
        for (swallowed, named) in
            CALLS.into_iter().filter(|(call, _)| ["/networks", "/volumes", "/images"].contains(call))
        {
            scope.spawn(move || {
                let (said, ended) = hear(&lab(swallowed), &["status"], 30);
                assert!(ended && said.code == 0, "{swallowed}: {said:?}");
                assert!(said.stdout.contains("web") && said.stdout.contains("running"), "{swallowed}: {said:?}");
                assert!(said.stderr.contains(&format!("the engine does not answer {named}")), "{swallowed}: {said:?}");
            });
        }
    });
}
