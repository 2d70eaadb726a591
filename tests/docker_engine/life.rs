//! From making to removing.

use std::time::Duration;

use dsenv::engine::{Done, EngineError, GateFailure, LogOptions, Observer};
use dsenv::model::{Attachment, Fixed, Healthcheck, Mount, MountKind, NetworkDefinition, Probe, Restart, Tunable};
use dsenv::plan::{ContainerStep, Until};
use dsenv::state::{Health, RunState, label};
use futures_util::TryStreamExt;

use crate::lab::{Lab, id, network_id, on, shell, sleeper};

#[tokio::test]
async fn a_container_is_seen_as_it_was_made() {
    let lab = Lab::open().await;
    let net = lab.network("default", NetworkDefinition::default()).await;
    let other = lab.network("other", NetworkDefinition::default()).await;
    let mut new =
        lab.new_container("web", Fixed { environment: [("A".into(), Some("1=2".into()))].into(), ..sleeper() });
    new.networks = on(&net);
    new.networks.push((other.clone(), Attachment { aliases: ["web".into()].into(), ..Attachment::default() }));
    new.tunable = Tunable { memory: Some(64 << 20), restart: Restart::OnFailure(2), ..Tunable::default() };
    let fixed = new.fixed.clone();
    let tunable = new.tunable.clone();
    let web = lab.create(new).await;

    let before = lab.look().await;
    assert_eq!(before.containers[0].state, RunState::Created);
    assert_eq!(before.containers[0].endpoints.len(), 2, "a container that never started is attached, too");

    lab.start(&web).await;
    let world = lab.look().await;
    let seen = &world.containers[0];
    assert_eq!((&seen.id, &seen.name, seen.service.as_str(), seen.replica), (id(&web), &web.name, "web", 1));
    assert_eq!(seen.environment["A"].as_deref(), Some("1=2"));
    assert_eq!(seen.tunable, tunable);
    assert_eq!(seen.state, RunState::Running);
    assert!(seen.record.is_some() && seen.started_at.is_some());
    assert_eq!(seen.image_reference, fixed.image);
    assert_eq!(seen.image, world.images[&fixed.image].id);
    let endpoint = &seen.endpoints[network_id(&other)];
    // A hardware address is always shown; unset in the file, it is never compared.
    let chosen = |attachment: &Attachment| Attachment { mac_address: None, ..attachment.clone() };
    assert_eq!(chosen(&endpoint.attachment), Attachment { aliases: ["web".into()].into(), ..Attachment::default() });
    assert_eq!(chosen(&seen.endpoints[network_id(&net)].attachment), Attachment::default());
    assert_eq!(endpoint.addresses.len(), 1);
    assert_eq!(
        world.networks.iter().map(|n| n.key.as_ref().unwrap().as_str()).collect::<Vec<_>>(),
        ["default", "other"]
    );
}

#[tokio::test]
async fn what_is_done_already_is_no_error() {
    let lab = Lab::open().await;
    let web = lab.create(lab.new_container("web", sleeper())).await;
    lab.start(&web).await;
    lab.start(&web).await;
    lab.step(ContainerStep::Unpause { container: web.clone() }).await;
    let to: dsenv::model::ContainerName = format!("{}-renamed", lab.project).as_str().into();
    lab.step(ContainerStep::Rename { container: web.clone(), to: to.clone() }).await;
    lab.step(ContainerStep::Rename { container: web.clone(), to }).await;
    for _ in 0..2 {
        lab.step(ContainerStep::Stop { container: web.clone(), grace: Some(0) }).await;
    }
    for _ in 0..2 {
        lab.step(ContainerStep::Remove { container: web.clone() }).await;
    }
    lab.step(ContainerStep::Stop { container: web.clone(), grace: None }).await;
    assert!(lab.look().await.containers.is_empty());
}

#[tokio::test]
async fn an_update_holds_and_a_limit_can_grow_beyond_the_filled_in_swap() {
    let lab = Lab::open().await;
    let mut new = lab.new_container("web", sleeper());
    new.tunable = Tunable { memory: Some(32 << 20), pids_limit: Some(50), ..Tunable::default() };
    let web = lab.create(new).await;
    lab.start(&web).await;
    let tunable = Tunable {
        memory: Some(256 << 20),
        memory_reservation: Some(16 << 20),
        nano_cpus: Some(500_000_000),
        cpu_shares: Some(512),
        restart: Restart::UnlessStopped,
        ..Tunable::default()
    };
    lab.step(ContainerStep::Update { container: web.clone(), tunable: tunable.clone() }).await;
    assert_eq!(lab.look().await.containers[0].tunable, tunable);
}

#[tokio::test]
async fn gates_pass_and_fail_as_the_container_does() {
    let lab = Lab::open().await;
    let ready = Until::Ready { settle: Duration::from_millis(300) };
    let made = async |name: &str, fixed: Fixed, restart: Restart| {
        let mut new = lab.new_container(name, fixed);
        new.tunable.restart = restart;
        let container = lab.create(new).await;
        lab.start(&container).await;
        container
    };
    let gate = |result: Result<Done, EngineError>| match result {
        Err(EngineError::Gate(failure)) => failure,
        other => panic!("{other:?}"),
    };

    let lives = made("lives", sleeper(), Restart::No).await;
    assert_eq!(lab.wait(&lives, ready, 10).await, Ok(Done::Nothing));
    assert_eq!(gate(lab.wait(&lives, Until::Healthy, 10).await), GateFailure::NoHealthcheck);

    let dies = made("dies", shell("sleep 0.1; exit 3"), Restart::No).await;
    assert_eq!(gate(lab.wait(&dies, ready, 10).await), GateFailure::Exited { code: 3, oom: false });

    let loops = made("loops", shell("sleep 0.1; exit 4"), Restart::Always).await;
    assert!(matches!(gate(lab.wait(&loops, ready, 2).await), GateFailure::Restarting { code: Some(4), .. }));

    let job = made("job", shell("sleep 0.3"), Restart::No).await;
    assert_eq!(lab.wait(&job, Until::Completed, 10).await, Ok(Done::Nothing));
    assert_eq!(lab.wait(&job, ready, 10).await, Ok(Done::Nothing));

    let probe = |script: &str| {
        let probe = Probe {
            test: vec!["CMD-SHELL".into(), script.into()],
            interval: Some(200_000_000),
            retries: Some(2),
            ..Probe::default()
        };
        Fixed { healthcheck: Some(Healthcheck::Probe(probe)), ..shell("sleep 0.7; touch /up; sleep 600") }
    };
    let healthy = made("healthy", probe("test -e /up || exit 0"), Restart::No).await;
    assert_eq!(lab.wait(&healthy, ready, 10).await, Ok(Done::Nothing));
    assert_eq!(
        lab.look().await.containers.iter().find(|c| c.name == healthy.name).unwrap().health,
        Some(Health::Healthy)
    );
    let sick = made("sick", probe("echo no luck; exit 1"), Restart::No).await;
    assert_eq!(gate(lab.wait(&sick, Until::Healthy, 10).await), GateFailure::Unhealthy { output: "no luck".into() });

    let slow = made("slow", probe("echo not yet; exit 1"), Restart::No).await;
    let waited = lab.wait(&slow, Until::Completed, 1).await;
    assert!(matches!(&waited, Err(EngineError::Timeout { what, seconds: 1, .. }) if what == "completed"), "{waited:?}");
}

#[tokio::test]
async fn a_removed_container_ends_its_wait() {
    let lab = Lab::open().await;
    let web = lab.create(lab.new_container("web", sleeper())).await;
    lab.start(&web).await;
    let remove = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        lab.step(ContainerStep::Stop { container: web.clone(), grace: Some(0) }).await;
        lab.step(ContainerStep::Remove { container: web.clone() }).await;
    };
    let (waited, ()) = tokio::join!(lab.wait(&web, Until::Ready { settle: Duration::from_secs(20) }, 30), remove);
    assert!(matches!(waited, Err(EngineError::Gate(GateFailure::Exited { .. } | GateFailure::Gone))), "{waited:?}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let lab = Lab::open().await;
    let net = lab.network("default", NetworkDefinition::default()).await;
    // A port that was free a moment ago, held by another container: the engine may be in a network of its own.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let published = dsenv::model::Port {
        target: 80,
        protocol: dsenv::model::Protocol::Tcp,
        host_ip: Some("127.0.0.1".into()),
        published: Some(port.to_string()),
    };
    let serving = async |service: &str| {
        let mut new = lab.new_container(service, Fixed { ports: [published.clone()].into(), ..sleeper() });
        new.networks = on(&net);
        lab.create(new).await
    };
    let first = serving("first").await;
    lab.start(&first).await;
    let second = serving("second").await;
    let started = lab.try_step(ContainerStep::Start { container: second.clone() }).await;
    assert!(
        matches!(&started, Err(EngineError::PortTaken { port: taken, .. }) if *taken == format!("127.0.0.1:{port}")),
        "{started:?}"
    );
    lab.step(ContainerStep::Stop { container: first, grace: Some(0) }).await;
    lab.start(&second).await;
    let world = lab.look().await;
    let ports = &world.containers.iter().find(|container| container.name == second.name).unwrap().ports;
    assert_eq!((ports[0].target, ports[0].published), (80, port));
}

#[tokio::test]
async fn logs_come_line_by_line() {
    let lab = Lab::open().await;
    let web = lab.create(lab.new_container("web", shell("echo one; echo two >&2; printf three"))).await;
    lab.start(&web).await;
    lab.wait(&web, Until::Completed, 10).await.unwrap();
    let lines: Vec<_> = lab.docker.logs(id(&web), &LogOptions::default()).await.unwrap().try_collect().await.unwrap();
    let mut texts: Vec<_> = lines.iter().map(|line| (line.stderr, line.text.as_str())).collect();
    texts.sort_unstable();
    assert_eq!(texts, [(false, "one"), (false, "three"), (true, "two")]);
    let last = lab.step(ContainerStep::CollectLogs { container: web, lines: 1 }).await;
    assert!(matches!(&last, Done::Logs(lines) if lines.len() == 1), "{last:?}");
}

#[tokio::test]
async fn anonymous_volumes_carry_our_labels_and_are_carried_over() {
    let lab = Lab::open().await;
    let mount = Mount { kind: MountKind::Anonymous { nocopy: false }, read_only: false, consistency: None };
    let fixed = Fixed { mounts: [("/data".into(), mount)].into(), ..shell("echo kept > /data/file") };
    let first = lab.create(lab.new_container("db", fixed.clone())).await;
    lab.start(&first).await;
    lab.wait(&first, Until::Completed, 10).await.unwrap();
    let world = lab.look().await;
    let live = &world.containers[0].mounts[0];
    assert!(live.anonymous && live.target == "/data");
    assert!(world.volumes[0].anonymous && world.volumes[0].ours && world.volumes[0].key.is_none());
    lab.step(ContainerStep::Remove { container: first }).await;

    let mut second = lab.new_container("db", Fixed { command: shell("cat /data/file").command, ..fixed });
    second.carried = [("/data".into(), live.volume.clone().unwrap())].into();
    let second = lab.create(second).await;
    lab.start(&second).await;
    lab.wait(&second, Until::Completed, 10).await.unwrap();
    let Done::Logs(lines) = lab.step(ContainerStep::CollectLogs { container: second, lines: 5 }).await else {
        panic!()
    };
    assert_eq!(lines, ["kept"]);
    assert_eq!(lab.look().await.volumes.len(), 1);
    assert_eq!(world.volumes[0].live.labels, [].into(), "{}", label::KIND_ANONYMOUS);
}
