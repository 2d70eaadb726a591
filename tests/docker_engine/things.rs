//! Networks, volumes, files, images, commands.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dsenv::context;
use dsenv::engine::{Done, Engine, EngineError, Exec, ExecIo, Observer};
use dsenv::event::Progress;
use dsenv::model::{
    Attachment, Build, Content, Dockerfile, FileKind, FileMount, Fixed, Hook, ImageRef, NetworkDefinition, NetworkMode,
    VolumeDefinition, VolumeName, VolumesFrom,
};
use dsenv::plan::{ContainerStep, ImageStep, NetworkStep, NoteStep, Until, VolumeStep};
use dsenv::state::{Note, NoteBody, NoteFile, label, note, own};
use futures_util::StreamExt;

use crate::lab::{Lab, id, network_id, on, shell, sleeper};

async fn exec(lab: &Lab, container: &dsenv::plan::ContainerRef, script: &str) -> (i64, String) {
    let (reader, writer) = tokio::io::duplex(1 << 16);
    let exec = Exec { command: ["sh", "-c", script].map(str::to_owned).to_vec(), ..Exec::default() };
    let io = ExecIo { stdin: None, stdout: Box::new(writer), stderr: Box::new(tokio::io::sink()), sizes: None };
    let code = lab.docker.exec(id(container), &exec, io).await.unwrap();
    let mut output = String::new();
    let mut reader = reader;
    tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut output).await.unwrap();
    (code, output.trim_end().to_owned())
}

#[tokio::test]
async fn files_have_the_owner_and_mode_asked_for_and_a_read_only_service_sees_them() {
    let lab = Lab::open().await;
    let name = own::files(&lab.project, "0123456789");
    let file = |name: &str, text: &str, uid, mode| NoteFile {
        name: name.into(),
        content: Content::new(text.as_bytes()),
        uid,
        gid: 7,
        mode,
    };
    let files = vec![file("0", "config", 0, 0o444), file("1", "secret", 5, 0o400)];
    let note = Note { project: lab.project.clone(), name: name.clone(), body: NoteBody::Files(files) };
    let step = NoteStep::Keep(note);
    for _ in 0..2 {
        lab.step(step.clone()).await;
    }
    let mount = |source: &str, text: &str| FileMount {
        kind: FileKind::Secret,
        source: source.into(),
        content: Content::new(text.as_bytes()).id(),
        uid: 0,
        gid: 0,
        mode: 0o400,
    };
    let files = [("/etc/a.conf".into(), mount("a", "config")), ("/run/secrets/b".into(), mount("b", "secret"))].into();
    let mut new = lab.new_container("web", Fixed { files, read_only: true, ..sleeper() });
    new.files = Some(name.clone());
    let web = lab.create(new).await;
    lab.start(&web).await;
    let script = "cat /etc/a.conf /run/secrets/b; stat -c ' %u:%g:%a' /etc/a.conf /run/secrets/b";
    assert_eq!(exec(&lab, &web, script).await, (0, "configsecret 0:7:444\n 5:7:400".into()));
    let world = lab.look().await;
    assert_eq!(world.files, [name].into());
    assert_eq!(world.containers.len(), 1, "the carrier is gone");
    assert!(world.volumes.is_empty());
}

#[tokio::test]
async fn the_second_maker_of_a_volume_sees_the_labels_of_the_first() {
    let lab = Lab::open().await;
    let name = note::volume(&own::lock(&lab.project));
    let make = async |value: &str| {
        let mut labels = lab.labels(label::KIND_LOCK, "lock");
        labels.insert(label::VALUE.to_owned(), value.to_owned());
        let definition = VolumeDefinition::default();
        match lab.step(VolumeStep::Create { name: name.clone(), definition, labels }).await {
            Done::Volume(labels) => labels[label::VALUE].clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((make("first").await, make("second").await), ("first".into(), "first".into()));
    lab.step(VolumeStep::Remove { name: name.clone() }).await;
    lab.step(VolumeStep::Remove { name }).await;
}

#[tokio::test]
async fn links_aliases_and_borrowed_namespaces_resolve() {
    let lab = Lab::open().await;
    let net = lab.network("default", NetworkDefinition::default()).await;
    let attached =
        |alias: &str| vec![(net.clone(), Attachment { aliases: [alias.to_owned()].into(), ..Attachment::default() })];
    let mut db = lab.new_container("db", shell("mkdir /shared; echo ok > /shared/x; sleep 600"));
    db.networks = attached("db");
    let db = lab.create(db).await;
    lab.start(&db).await;

    let fixed = Fixed {
        links: [("database".to_owned(), "db".into())].into(),
        pid: Some(dsenv::model::NamespaceMode::Service("db".into())),
        volumes_from: vec![VolumesFrom::Service { service: "db".into(), read_only: false }],
        ..sleeper()
    };
    let mut web = lab.new_container("web", fixed);
    web.networks = attached("web");
    web.borrowed = [("db".into(), db.clone())].into();
    let web = lab.create(web).await;
    lab.start(&web).await;
    let (code, answer) = exec(&lab, &web, "nslookup database 127.0.0.11 >/dev/null && ps | grep -c 'sleep 600'").await;
    assert_eq!(code, 0, "the link resolves");
    assert!(answer.parse::<u32>().unwrap() >= 2, "the other's processes are seen: {answer}");

    let mut side = lab.new_container("side", Fixed { network_mode: NetworkMode::Service("db".into()), ..sleeper() });
    side.borrowed = [("db".into(), db.clone())].into();
    let side = lab.create(side).await;
    lab.start(&side).await;
    let world = lab.look().await;
    let container = |name: &str| world.containers.iter().find(|c| c.service.as_str() == name).unwrap();
    assert!(container("side").endpoints.is_empty());
    let attachment = &container("web").endpoints[network_id(&net)].attachment;
    assert!(attachment.links.is_empty(), "the service's own links are no links of the endpoint: {attachment:?}");

    // Moved to another network, the link goes along.
    let other = lab.network("other", NetworkDefinition::default()).await;
    for container in [&db, &web] {
        let attachment = Attachment {
            aliases: [container.name.as_str().split('-').nth(1).unwrap().to_owned()].into(),
            ..Attachment::default()
        };
        lab.step(ContainerStep::Disconnect { container: container.clone(), network: net.clone() }).await;
        lab.step(ContainerStep::Disconnect { container: container.clone(), network: net.clone() }).await;
        lab.step(ContainerStep::Connect { container: container.clone(), network: other.clone(), attachment }).await;
    }
    assert_eq!(exec(&lab, &web, "nslookup database 127.0.0.11 >/dev/null").await.0, 0);
    lab.step(NetworkStep::Remove { network: net.clone() }).await;
    lab.step(NetworkStep::Remove { network: net }).await;
}

#[tokio::test]
async fn a_fixed_address_and_hardware_address_hold_on_every_version() {
    let lab = Lab::open().await;
    let pool = dsenv::model::IpamPool { subnet: Some("10.213.7.0/24".into()), ..Default::default() };
    let ipam = dsenv::model::Ipam { config: vec![pool], ..Default::default() };
    let definition =
        NetworkDefinition { ipam, labels: [("a".to_owned(), "b".to_owned())].into(), ..Default::default() };
    let net = lab.network("default", definition.clone()).await;
    let attachment = Attachment {
        ipv4_address: Some("10.213.7.9".into()),
        aliases: ["web".to_owned()].into(),
        ..Attachment::default()
    };
    let mut new = lab.new_container("web", Fixed { mac_address: Some("02:00:00:00:00:09".into()), ..sleeper() });
    new.networks = vec![(net.clone(), attachment.clone())];
    let web = lab.create(new).await;
    lab.start(&web).await;
    let world = lab.look().await;
    let endpoint = &world.containers[0].endpoints[network_id(&net)];
    assert_eq!(endpoint.addresses, ["10.213.7.9"]);
    assert_eq!(endpoint.attachment, Attachment { mac_address: Some("02:00:00:00:00:09".into()), ..attachment });
    let live = &world.networks[0].live;
    assert_eq!(live.labels, definition.labels);
    assert_eq!(live.ipam.config[0].subnet, definition.ipam.config[0].subnet);
}

#[tokio::test]
async fn commands_have_exit_codes_input_and_hooks_fail_with_their_output() {
    let lab = Lab::open().await;
    let web = lab.create(lab.new_container("web", sleeper())).await;
    lab.start(&web).await;
    assert_eq!(exec(&lab, &web, "echo hello; exit 7").await, (7, "hello".into()));

    let (reader, writer) = tokio::io::duplex(1 << 16);
    let cat = Exec { command: vec!["cat".into()], ..Exec::default() };
    let io = ExecIo {
        stdin: Some(Box::new(std::io::Cursor::new(b"through".to_vec()))),
        stdout: Box::new(writer),
        stderr: Box::new(tokio::io::sink()),
        sizes: None,
    };
    assert_eq!(lab.docker.exec(id(&web), &cat, io).await, Ok(0));
    let mut output = String::new();
    let mut reader = reader;
    tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut output).await.unwrap();
    assert_eq!(output, "through");

    let (reader, writer) = tokio::io::duplex(1 << 16);
    let size = Exec {
        command: vec!["sh".into(), "-c".into(), "sleep 0.3; stty size".into()],
        tty: Some((80, 24)),
        ..Exec::default()
    };
    let io = ExecIo { stdin: None, stdout: Box::new(writer), stderr: Box::new(tokio::io::sink()), sizes: None };
    assert_eq!(lab.docker.exec(id(&web), &size, io).await, Ok(0));
    let mut output = String::new();
    let mut reader = reader;
    tokio::io::AsyncReadExt::read_to_string(&mut reader, &mut output).await.unwrap();
    assert_eq!(output.trim(), "24 80");

    let hook = Hook {
        command: ["sh", "-c", "echo $A; echo bad >&2; exit 3"].map(str::to_owned).to_vec(),
        environment: [("A".to_owned(), Some("set".to_owned()))].into(),
        ..Hook::default()
    };
    let ran = lab.try_step(ContainerStep::Hook { container: web, hook }).await;
    let Err(EngineError::Exit { command, code, output }) = ran else { panic!("{ran:?}") };
    assert_eq!((command.as_str(), code), ("sh -c 'echo $A; echo bad >&2; exit 3'", 3));
    let mut lines: Vec<_> = output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["bad", "set"]);
}

#[tokio::test]
async fn an_image_is_built_by_the_classic_builder_and_knows_its_inputs() {
    let lab = Lab::open_with(&[("DOCKER_BUILDKIT", "0")]).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("kept"), "kept\n").unwrap();
    std::fs::write(folder.path().join("dropped"), "x").unwrap();
    std::fs::write(folder.path().join(".dockerignore"), "dropped\n").unwrap();
    let text = "FROM busybox:latest\nARG WHO\nENV WHO=$WHO\nCOPY . /in/\nRUN cat /etc/hosts | grep -q db.example && ls -A /in\nVOLUME /data\nENTRYPOINT [\"echo\"]\nCMD [\"default\"]";
    let build = Build {
        context: folder.path().to_str().unwrap().to_owned(),
        dockerfile: Dockerfile::Inline(text.into()),
        args: [("WHO".to_owned(), Some("ada".to_owned()))].into(),
        extra_hosts: ["db.example:10.0.0.9".to_owned(), "b.example:10.0.0.8".to_owned()].into(),
        network: Some("host".into()),
        shm_size: Some(3 << 30),
        ulimits: [("nofile".to_owned(), dsenv::model::Ulimit { soft: 1000, hard: 2000 })].into(),
        labels: [("user".to_owned(), "label".to_owned())].into(),
        ..Build::default()
    };
    let digest = context::digest(&build, &context::Hashes::kept(None)).unwrap();
    let tag = ImageRef::new(format!("{}-image", lab.project));
    let step = ImageStep::Build {
        service: "web".into(),
        build: Box::new(build.clone()),
        secrets: [].into(),
        tag: tag.clone(),
        digest: digest.clone(),
    };
    let lines = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&lines);
    let done = lab
        .docker
        .perform(&step.into(), &move |news| {
            if let Progress::Line(line) = news {
                heard.lock().unwrap().push(line);
            }
        })
        .await
        .unwrap();
    let lines = lines.lock().unwrap().clone();
    assert!(lines.iter().any(|line| line == "kept") && !lines.iter().any(|line| line == "dropped"), "{lines:#?}");
    let scope = dsenv::state::Scope { images: [tag.clone()].into(), ..lab.scope() };
    let world = lab.docker.observe(&scope).await.unwrap();
    assert_eq!(Done::Image(world.images[&tag].id.clone()), done);
    assert_eq!(world.images[&tag].build_digest, Some(digest));
    assert!(world.images[&tag].pulled_at.is_some());

    // Its volume carries our labels, and an empty command clears the image's while its entrypoint stays.
    let web = lab.create(lab.new_container("web", Fixed { command: Some(vec![]), ..Fixed::of(tag.clone()) })).await;
    lab.start(&web).await;
    lab.wait(&web, Until::Completed, 10).await.unwrap();
    assert_eq!(
        lab.step(ContainerStep::CollectLogs { container: web, lines: 5 }).await,
        Done::Logs(vec![String::new()])
    );
    let world = lab.look().await;
    assert!(world.volumes.len() == 1 && world.volumes[0].ours && world.volumes[0].anonymous);

    let broken =
        Build { dockerfile: Dockerfile::Inline("FROM busybox:latest\nRUN echo before; exit 9".into()), ..build };
    let step = ImageStep::Build {
        service: "web".into(),
        build: Box::new(broken),
        secrets: [].into(),
        tag,
        digest: String::new(),
    };
    let failed = lab.try_step(step).await;
    let Err(EngineError::Build { message, output }) = failed else { panic!("{failed:?}") };
    assert!(message.contains("returned a non-zero code: 9"), "{message}");
    assert!(output.ends_with("before") || output.contains("\nbefore"), "{output}");
}

#[tokio::test]
async fn an_image_that_nobody_has_is_told_with_its_name() {
    let lab = Lab::open().await;
    let image = ImageRef::new("127.0.0.1:1/nothing:1");
    let pulled = lab.try_step(ImageStep::Pull { image: image.clone(), platform: None }).await;
    assert!(
        matches!(&pulled, Err(EngineError::NoImage { image, .. }) if image == "127.0.0.1:1/nothing:1"),
        "{pulled:?}"
    );
    let made = lab.try_step(ContainerStep::Create(Box::new(lab.new_container("web", Fixed::of(image))))).await;
    assert!(matches!(&made, Err(EngineError::NoImage { .. })), "{made:?}");
}

#[tokio::test]
async fn what_happens_to_the_project_pokes_and_what_happens_elsewhere_does_not() {
    let lab = Lab::open().await;
    let mut pokes = lab.docker.pokes(&lab.scope()).await.unwrap();
    let stranger = Lab::open().await;
    let mut poked = async |seconds| tokio::time::timeout(Duration::from_millis(seconds), pokes.next()).await.is_ok();
    assert!(!poked(300).await);
    stranger.create(stranger.new_container("web", sleeper())).await;
    assert!(!poked(300).await);
    let web = lab.create(lab.new_container("web", sleeper())).await;
    assert!(poked(3000).await);
    while poked(200).await {}
    lab.start(&web).await;
    assert!(poked(3000).await);
    while poked(200).await {}
    let net = lab.network("default", NetworkDefinition::default()).await;
    assert!(poked(3000).await);
    while poked(200).await {}
    lab.step(ContainerStep::Connect { container: web, network: net.clone(), attachment: Attachment::default() }).await;
    assert!(poked(3000).await);
    let _ = on(&net);
}

#[tokio::test]
async fn a_volume_that_is_in_use_is_not_removed() {
    let lab = Lab::open().await;
    let name = VolumeName::new(format!("{}_data", lab.project));
    let labels = lab.labels(label::KIND_VOLUME, "data");
    lab.step(VolumeStep::Create { name: name.clone(), definition: VolumeDefinition::default(), labels }).await;
    let kind = dsenv::model::MountKind::Volume { name: name.clone(), nocopy: false, subpath: None };
    let mount = dsenv::model::Mount { kind, read_only: false, consistency: None };
    lab.create(lab.new_container("web", Fixed { mounts: [("/data".into(), mount)].into(), ..sleeper() })).await;
    let removed = lab.try_step(VolumeStep::Remove { name: name.clone() }).await;
    assert!(matches!(removed, Err(EngineError::Conflict(_))), "{removed:?}");
    let world = lab.look().await;
    assert_eq!((&world.volumes[0].name, world.volumes[0].key.as_ref().unwrap().as_str()), (&name, "data"));
    assert_eq!(world.containers[0].mounts[0].volume, Some(name));
}
