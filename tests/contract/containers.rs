//! Containers: born, started, stopped, renamed, gone.

use dsenv::engine::{EngineError, GateFailure};
use dsenv::model::{Dockerfile, Fixed, ImageRef, Restart};
use dsenv::plan::{ContainerStep, ImageStep};
use dsenv::state::RunState;

use crate::lab::{IMAGE, Lab, id, is_refusal, ready, words};

pub async fn a_new_container_is_shown_as_it_was_made(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed.environment.insert("GREETING".into(), Some("good day = $1".into()));
    new.tunable.pids_limit = Some(99);
    let container = lab.create(new.clone()).await;
    let looked = lab.look().await;
    let seen = &looked.containers[0];
    assert_eq!((&seen.id, &seen.name), (id(&container), &new.name));
    assert_eq!((seen.service.as_str(), seen.replica, seen.oneoff), ("web", 1, false));
    assert_eq!((seen.image.clone(), seen.image_reference.as_str()), (looked.images[&IMAGE.into()].id.clone(), IMAGE));
    assert_eq!(seen.environment["GREETING"].as_deref(), Some("good day = $1"));
    assert_eq!(seen.tunable, new.tunable);
    assert_eq!((&seen.state, &seen.health, seen.started_at, seen.restart_count), (&RunState::Created, &None, None, 0));
    assert!(seen.mounts.is_empty() && seen.ports.is_empty());
}

pub async fn it_starts_stops_and_goes(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let running = lab.see(&container).await;
    assert!(running.started_at.is_some());
    assert_eq!(running.state, RunState::Running);
    lab.stop(&container).await.unwrap();
    assert!(matches!(lab.see(&container).await.state, RunState::Exited { oom: false, .. }));
    lab.try_start(&container).await.unwrap();
    assert_eq!(lab.see(&container).await.state, RunState::Running);
    lab.stop_and_remove(&container).await;
    assert!(lab.look().await.containers.is_empty());
}

pub async fn a_taken_name_is_refused(lab: &Lab) {
    lab.create(lab.serving("web")).await;
    let second = lab.try_create(lab.serving("web")).await;
    assert!(matches!(second, Err(EngineError::Conflict(_))), "{second:?}");
}

pub async fn an_absent_image_is_refused(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed.image = "absent/nothing:1".into();
    match lab.try_create(new).await {
        Err(EngineError::NoImage { image, .. }) => assert_eq!(image, "absent/nothing:1"),
        other => panic!("{other:?}"),
    }
    assert!(lab.look().await.containers.is_empty());
}

pub async fn a_running_container_is_not_removed(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let refused = lab.remove(&container).await;
    assert!(is_refusal(&refused), "{refused:?}");
    assert_eq!(lab.see(&container).await.state, RunState::Running);
}

pub async fn starting_and_stopping_twice_is_no_error(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    let first = lab.see(&container).await.started_at;
    lab.try_start(&container).await.unwrap();
    assert_eq!(lab.see(&container).await.started_at, first);
    lab.stop(&container).await.unwrap();
    lab.stop(&container).await.unwrap();
}

pub async fn a_paused_container_is_not_started_but_unpaused(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    lab.bench().pause(id(&container)).await;
    assert_eq!(lab.see(&container).await.state, RunState::Paused);
    let refused = lab.try_start(&container).await;
    assert!(is_refusal(&refused), "{refused:?}");
    lab.perform(ContainerStep::Unpause { container: container.clone() }).await.unwrap();
    assert_eq!(lab.see(&container).await.state, RunState::Running);
    lab.perform(ContainerStep::Unpause { container: container.clone() }).await.unwrap();
}

pub async fn a_paused_container_is_stopped(lab: &Lab) {
    let container = lab.start(lab.serving("web")).await;
    lab.bench().pause(id(&container)).await;
    lab.stop(&container).await.unwrap();
    assert!(!lab.see(&container).await.state.is_up());
}

pub async fn a_renamed_container_has_its_new_name_only(lab: &Lab) {
    let (one, other) = (lab.create(lab.serving("one")).await, lab.create(lab.serving("other")).await);
    let taken = lab.rename(&one, other.name.as_str()).await;
    assert!(matches!(taken, Err(EngineError::Conflict(_))), "{taken:?}");
    let free = lab.name("free");
    lab.rename(&one, &free).await.unwrap();
    lab.rename(&one, &free).await.unwrap();
    assert_eq!(lab.see(&one).await.name.as_str(), free);
    lab.create(lab.serving("one")).await;
}

pub async fn what_is_gone_is_stopped_and_removed_already(lab: &Lab) {
    let container = lab.create(lab.serving("web")).await;
    lab.remove(&container).await.unwrap();
    lab.stop(&container).await.unwrap();
    lab.remove(&container).await.unwrap();
    let lost = lab.try_start(&container).await;
    assert!(matches!(lost, Err(EngineError::NotFound(_))), "{lost:?}");
}

pub async fn the_exit_code_is_shown(lab: &Lab) {
    let container = lab.start(lab.running("job", "exit 7")).await;
    lab.ended(&container).await;
    assert_eq!(lab.see(&container).await.state, RunState::Exited { code: 7, oom: false });
}

pub async fn who_needs_too_much_memory_is_killed(lab: &Lab) {
    let mut new = lab.running("hungry", "tail /dev/zero");
    new.tunable.memory = Some(8 << 20);
    // The twin has no memory to run out of.
    new.fixed.environment.insert("DSENV_TWIN".into(), Some("oom:1s".into()));
    let container = lab.start(new).await;
    let failed = lab.wait(&container, ready(60_000), 60).await;
    assert_eq!(failed, Err(EngineError::Gate(GateFailure::Exited { code: 137, oom: true })));
}

pub async fn it_is_restarted_by_its_policy(lab: &Lab) {
    let mut new = lab.running("web", "sleep 0.2; exit 3");
    new.tunable.restart = Restart::OnFailure(2);
    let container = lab.start(new).await;
    lab.ended(&container).await;
    let seen = lab.see(&container).await;
    assert_eq!((seen.state, seen.restart_count), (RunState::Exited { code: 3, oom: false }, 2));
}

pub async fn a_stop_is_not_undone_by_the_policy(lab: &Lab) {
    let mut new = lab.serving("web");
    new.tunable.restart = Restart::Always;
    let container = lab.start(new).await;
    lab.stop(&container).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(!lab.see(&container).await.state.is_up());
}

/// An image of the project, made from inline instructions.
pub async fn built(lab: &Lab, instructions: &str) -> ImageRef {
    let tag = ImageRef::new(format!("{}-image:latest", lab.project()));
    let build = dsenv::model::Build {
        dockerfile: Dockerfile::Inline(format!("FROM {IMAGE}\n{instructions}\n")),
        context: std::env::temp_dir().join(lab.project().as_str()).display().to_string(),
        ..Default::default()
    };
    std::fs::create_dir_all(&build.context).unwrap();
    let digest = "d1".to_owned();
    let step = ImageStep::Build {
        service: "web".into(),
        build: Box::new(build.clone()),
        secrets: [].into(),
        tag: tag.clone(),
        digest,
    };
    let result = lab.perform(step).await;
    std::fs::remove_dir_all(&build.context).unwrap();
    result.unwrap();
    tag
}

pub async fn a_variable_of_the_image_is_taken_away(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed.image = built(lab, "ENV KEPT=1\nENV GONE=2").await;
    new.fixed.environment.insert("GONE".into(), None);
    let container = lab.start(new).await;
    let seen = lab.see(&container).await;
    assert_eq!(seen.environment.get("KEPT"), Some(&Some("1".to_owned())));
    assert_eq!(seen.environment.get("GONE").cloned().flatten(), None);
    assert_eq!(lab.run(&container, "echo kept $KEPT gone $GONE").await, (0, "kept 1 gone".to_owned()));
}

pub async fn an_entrypoint_alone_drops_the_images_command(lab: &Lab) {
    let mut new = lab.serving("web");
    new.fixed = Fixed { entrypoint: Some(words(&["sh", "-c", "exit 4"])), command: None, ..new.fixed };
    let container = lab.start(new).await;
    let failed = lab.wait(&container, ready(100), 30).await;
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!(lab.see(&container).await.state, RunState::Exited { code: 4, oom: false });
}
