//! The live view, on a terminal of its own: `script` makes one and passes keys on. The engine is the twin.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::lab::until;

const SPEC: &str = "\
name: view
services:
  web:
    image: busybox:latest
    command: [sleep, infinity]
    x-dsenv: {settle: 0s}
    environment: {EDITION: 'one'}
  db:
    image: busybox:latest
    command: [sleep, infinity]
    x-dsenv: {settle: 0s}
";

/// A person at a terminal.
struct Terminal {
    folder: tempfile::TempDir,
    child: Child,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    fn watch(flags: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("env.yaml"), SPEC).unwrap();
        let binary = assert_cmd::cargo::cargo_bin!("dsenv").display();
        let line = format!("stty rows 24 cols 80; exec '{binary}' --host memory:world.json watch --yes {flags}");
        let mut command = Command::new("script");
        command.args(["-qfec", &line, "/dev/null"]).current_dir(folder.path());
        command.env("XDG_RUNTIME_DIR", folder.path()).env("TERM", "xterm").env_remove("NO_COLOR");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("`script` is installed (package bsdutils or util-linux)");
        let (mut output, shown) = (child.stdout.take().unwrap(), Arc::new(Mutex::new(String::new())));
        let written = shown.clone();
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut some) {
                written.lock().unwrap().push_str(&String::from_utf8_lossy(&some[..length]));
            }
        });
        Self { folder, child, shown }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything that was drawn so far, without colour.
    fn shown(&self) -> String {
        let mut text = String::new();
        let mut rest = self.shown.lock().unwrap().clone();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            text += before;
            rest = after.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).chars().skip(1).collect();
        }
        text + &rest
    }

    fn forget(&self) {
        self.shown.lock().unwrap().clear();
    }

    #[track_caller]
    fn see(&self, text: &str) {
        assert!(until(|| self.shown().contains(text)), "never saw {text:?}, but:\n{}", self.shown());
    }

    fn press(&mut self, keys: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(keys.as_bytes()).and_then(|()| stdin.flush()).unwrap();
    }

    fn save(&self, old: &str, new: &str) {
        let text = fs::read_to_string(self.path("env.yaml")).unwrap();
        assert!(text.contains(old));
        fs::write(self.path("env.yaml.new"), text.replace(old, new)).unwrap();
        fs::rename(self.path("env.yaml.new"), self.path("env.yaml")).unwrap();
    }

    /// What `status` says, a line for each service.
    fn status(&self) -> String {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("dsenv"));
        command.args(["--host", "memory:world.json", "status", "--format", "plain"]).current_dir(self.folder.path());
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    }

    /// The container of a service, by its id.
    fn id(&self, name: &str) -> String {
        let world: serde_json::Value =
            serde_json::from_slice(&fs::read(self.path("world.json")).unwrap_or_default()).unwrap_or_default();
        let find = |value: &serde_json::Value| {
            let all = value.as_object()?;
            all.iter().find(|(_, container)| container["name"] == name).map(|(id, _)| id.clone())
        };
        find(&world["containers"]).or_else(|| find(&world["world"]["containers"])).expect("the container is there")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Its terminal goes with it, and the watch with that.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_draws_services_and_keys_and_q_leaves_the_lab_running() {
    let mut terminal = Terminal::watch("");
    terminal.see("watching the spec");
    for text in ["SERVICE", "web", "db", "running", "p plan  r restart  l logs  s status  q quit"] {
        terminal.see(text);
    }
    terminal.forget();
    terminal.press("q");
    terminal.see("the lab goes on running");
    assert!(terminal.child.wait().unwrap().success());
    assert_eq!(terminal.status().matches("running").count(), 2, "{}", terminal.status());
}

#[test]
fn ctrl_c_leaves_the_lab_running_too() {
    let mut terminal = Terminal::watch("--heal");
    terminal.see("h mend again");
    terminal.press("\u{3}");
    terminal.see("the lab goes on running");
    assert!(terminal.child.wait().unwrap().success());
    assert_eq!(terminal.status().matches("running").count(), 2, "{}", terminal.status());
}

#[test]
fn what_stops_a_service_waits_for_a_key() {
    let mut terminal = Terminal::watch("");
    terminal.see("q quit");
    let before = terminal.id("view-web-1");
    terminal.save("'one'", "'two'");
    terminal.see("this plan waits for a word, since it stops web: press a to apply it");
    terminal.see("a apply  p plan");
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(terminal.id("view-web-1"), before);
    // A broken save takes the offer back.
    terminal.forget();
    terminal.save("environment:", "environmint:");
    terminal.see("saved with mistakes; nothing is changed");
    terminal.see("environmint");
    terminal.press("a");
    terminal.save("environmint:", "environment:");
    terminal.see("press a to apply it");
    assert_eq!(terminal.id("view-web-1"), before);
    terminal.press("a");
    assert!(until(|| terminal.shown().contains("1 replaced")), "{}", terminal.shown());
    assert_ne!(terminal.id("view-web-1"), before);
}

#[test]
fn keys_show_the_plan_and_the_logs_and_restart_a_service() {
    let mut terminal = Terminal::watch("");
    terminal.see("q quit");
    terminal.press("p");
    terminal.see("No changes: 3 resources are as the spec asks");
    terminal.press("l");
    terminal.see("l logs off");
    terminal.press("r");
    terminal.see("restart which?  1 db  2 web");
    terminal.press("2");
    terminal.see("web restarted");
    terminal.see("(key r)");
}
