//! Commands in running containers.

use dsenv::engine::{EngineError, Exec};
use dsenv::model::Hook;
use dsenv::plan::ContainerStep;

use crate::lab::{Lab, is_refusal, words};

pub async fn the_exit_code_comes_back(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    assert_eq!(lab.run(&container, "echo hello; exit 42").await, (42, "hello".to_owned()));
    assert_eq!(lab.run(&container, "true").await.0, 0);
    assert_eq!(lab.run(&container, "false || exit 3").await.0, 3);
}

pub async fn streams_and_variables_go_in_and_out(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let exec = Exec { command: words(&["cat"]), ..Exec::default() };
    assert_eq!(lab.exec(&container, exec, Some("over there\n")).await, Ok((0, "over there".to_owned())));
    let command = words(&["sh", "-c", "echo got $MORE"]);
    let exec = Exec { command, environment: words(&["MORE=a b"]), ..Exec::default() };
    assert_eq!(lab.exec(&container, exec, None).await, Ok((0, "got a b".to_owned())));
}

pub async fn only_a_running_container_runs_commands(lab: &Lab) {
    let container = lab.create(lab.serving("web")).await;
    let exec = Exec { command: words(&["true"]), ..Exec::default() };
    let refused = lab.exec(&container, exec, None).await;
    assert!(is_refusal(&refused), "{refused:?}");
}

pub async fn a_hook_that_fails_says_what_it_printed(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let hook = |script: &str| Hook { command: words(&["sh", "-c", script]), ..Hook::default() };
    let run = async |hook| lab.perform(ContainerStep::Hook { container: container.clone(), hook }).await;
    run(hook("true")).await.unwrap();
    match run(hook("echo migration failed; exit 6")).await {
        Err(EngineError::Exit { code: 6, output, .. }) => assert_eq!(output.trim_end(), "migration failed"),
        other => panic!("{other:?}"),
    }
}
