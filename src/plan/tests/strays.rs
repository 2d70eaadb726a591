//! What is in no spec, what an interrupted apply left, what must not be lost, and what is not the project's.

use insta::assert_snapshot;

use super::lab::{anonymous, env, lab, mount, with_images};
use super::world::{World, helper};
use crate::model::{EndpointMode, Hook, Idle, ImageSource, NetworkKey, Origins, PullPolicy, VolumeKey};
use crate::place::{Place, Source};
use crate::plan::text;
use crate::rules::ApiVersion;
use crate::state::{Container, ContainerId, Network, NetworkId, Platform, RunState, Volume};

#[test]
fn strays_are_told_and_left() {
    let old = lab().service("web", |_| {}).service("old", |old| {
        mount(old, "lab_data", "/data");
        anonymous(old, "/cache");
        old.networks.insert("back".into(), Default::default());
    });
    let new = lab().service("web", |_| {});
    assert_snapshot!(new.text(&old.applied()), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    ! stray.lab-old-1 lab-old-1: in no spec
      note: container of service old, running
    ! stray.lab_back lab_back: in no spec
      note: network, in use by lab-old-1
    ! stray.lab_data lab_data: in no spec
      note: volume
    no steps
    ");
    let pruned = new.clone().options(|options| options.prune = true);
    assert_snapshot!(pruned.text(&old.applied()), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    - stray.lab-old-1 lab-old-1: in no spec
      hazard: old stops
    - stray.lab_back lab_back: in no spec
    ! stray.lab_data lab_data: in no spec
      note: volume
    #1 stop lab-old-1
    #2 remove lab-old-1 after #1
    #3 remove network lab_back after #2
    ");
    let destroyed = pruned.options(|options| options.destroy_data = ["data".into()].into());
    assert_snapshot!(destroyed.text(&old.applied()), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    - stray.lab-old-1 lab-old-1: in no spec
      hazard: old stops
    - stray.lab_back lab_back: in no spec
    - stray.lab_data lab_data: in no spec
      hazard: the data of lab_data is lost
    #1 stop lab-old-1
    #2 remove lab-old-1 after #1
    #3 remove network lab_back after #2
    #4 remove volume lab_data after #2
    ");
}

#[test]
fn a_renamed_volume_and_network_leave_the_old_ones() {
    let old = lab().service("web", |web| mount(web, "lab_data", "/data"));
    let mut new = old.clone();
    new.project.volumes.get_mut(&"data".into()).unwrap().name = "lab_data2".into();
    new.project.networks.get_mut(&"default".into()).unwrap().name = "lab_net2".into();
    new.project.services.get_mut(&"web".into()).unwrap().fixed.mounts.clear();
    let new = new.service("web", |web| mount(web, "lab_data2", "/data"));
    let text = new.text(&old.applied());
    assert_snapshot!(text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n"), @r#"
    + network.default lab_net2: missing
    + volume.data2 lab_data2: missing
    ± service.web[1] lab-web-1: mounts./data.name: "lab_data" → "lab_data2", networks.default: unset → {"aliases":["web"]}, networks.lab_default: {"aliases":["web"]} → unset
      hazard: web stops
    ! stray.lab_data lab_data: in no spec
      note: volume
    ! stray.lab_default lab_default: in no spec
      note: network
    "#);
}

#[test]
fn replicas_too_many_go() {
    let old = lab().service("web", |web| web.scale = 3);
    assert_snapshot!(lab().service("web", |_| {}).text(&old.applied()), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    - service.web[2] lab-web-2: scaled down
      hazard: web stops
    - service.web[3] lab-web-3: scaled down
      hazard: web stops
    #1 stop lab-web-2
    #2 remove lab-web-2 after #1
    #3 stop lab-web-3
    #4 remove lab-web-3 after #3
    ");
}

#[test]
fn a_service_of_an_inactive_profile_is_left() {
    let old = lab().service("web", |_| {}).service("debug", |_| {});
    let mut new = lab().service("web", |_| {});
    new.project.idle.insert("debug".into(), Idle { profiles: ["dev".to_owned()].into() });
    assert_snapshot!(new.text(&old.applied()), @r"
    = network.default lab_default
    = service.debug[1] lab-debug-1
      note: left running: its profile (dev) is not active
    = service.web[1] lab-web-1
    no steps
    ");
}

#[test]
fn a_one_off_that_is_up_is_named_and_left_alone_and_one_that_has_ended_is_a_stray() {
    let lab = lab().service("web", |web| web.hooks.pre_stop = vec![Hook::default()]);
    let mut world = lab.applied();
    let one_off = Container { oneoff: true, ..world.container("lab-web-1").clone() };
    let (name, id) = ("lab-web-run-1".into(), ContainerId("c8".into()));
    world.observed.containers.push(Container { name, id, ..one_off.clone() });
    let (name, id, state) =
        ("lab-web-run-2".into(), ContainerId("c9".into()), RunState::Exited { code: 1, oom: false });
    world.observed.containers.push(Container { name, id, state, ..one_off });
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    = stray.lab-web-run-1 lab-web-run-1
      note: one-off of service web (`run`), running; it is left alone
    ! stray.lab-web-run-2 lab-web-run-2: in no spec
      note: one-off of service web (`run`), exited (1)
    no steps
    ");
    let pruning = lab.options(|options| options.prune = true);
    assert_snapshot!(pruning.text(&world), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    = stray.lab-web-run-1 lab-web-run-1
      note: one-off of service web (`run`), running; it is left alone
    - stray.lab-web-run-2 lab-web-run-2: in no spec
    #1 remove lab-web-run-2
    ");
    world.apply(&pruning.plan(&world));
    assert!(world.names().contains(&"lab-web-run-1") && !world.names().contains(&"lab-web-run-2"));
}

#[test]
fn a_leftover_beside_a_container_that_is_right_goes() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let mut next = world.container("lab-web-1").clone();
    (next.name, next.id.0, next.record) = ("lab-web-1.next".into(), "c9".into(), None);
    world.observed.containers.push(next);
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    ~ service.web[1] lab-web-1: repair
    #1 stop lab-web-1.next
    #2 remove lab-web-1.next after #1
    ");
}

#[test]
fn a_leftover_that_is_right_takes_the_place_of_one_that_is_not() {
    let old = lab().service("web", |web| env(web, "DEBUG", "1"));
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    let mut world = old.applied();
    let plan = new.plan(&world);
    world.run(&plan, &super::world::Trouble { dies_after: Some(2), ..Default::default() });
    let text = new.text(&world);
    assert_snapshot!(text.lines().filter(|line| !line.contains(" if ")).collect::<Vec<_>>().join("\n"), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: "1" → "0"; exited (0)
    #1 start lab-web-1.next
    #2 wait lab-web-1.next until ready (1s, at most 600s) after #1
    #6 remove lab-web-1 after #2
    #7 rename lab-web-1.next to lab-web-1 after #6
    "#);
}

#[test]
fn a_leftover_alone_gets_its_name() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.container("lab-web-1").name = "lab-web-1.next".into();
    assert_snapshot!(lab.text(&world), @r#"
    = network.default lab_default
    ~ service.web[1] lab-web-1: container_name: "lab-web-1.next" → "lab-web-1"; repair
    #1 rename lab-web-1.next to lab-web-1
    "#);
}

#[test]
fn a_carrier_that_was_left_has_its_volume_filled_again() {
    let lab = lab().config("web", "/etc/web.conf", "a");
    let mut world = lab.applied();
    world.lose("lab-web-1");
    let volume = world.observed.files.first().unwrap().to_string();
    world.observed.helpers.push(helper("carrier", Some(&volume)));
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    + service.web[1] lab-web-1: missing
    - stray.carrier carrier: repair
    #1 remove carrier
    #2 write files lab_dsenv_files_91e22a02115d67eb03b85cdb7dca7053 (1) after #1
    #3 create lab-web-1 on lab_default (web) after #2
    #4 start lab-web-1 after #3
    #5 wait lab-web-1 until ready (1s, at most 600s) after #4
    #6 collect logs lab-web-1 if #4 #5 failed
    ");
}

#[test]
fn contents_that_nobody_uses_go() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.observed.files.insert("lab_dsenv_files_0".into());
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    - stray.lab_dsenv_files_0 lab_dsenv_files_0: repair
    #1 remove volume lab_dsenv_files_0
    ");
}

#[test]
fn a_changed_volume_is_refused_unless_its_data_is_given_up() {
    let old = lab().service("db", |db| mount(db, "lab_data", "/data")).service("web", |_| {});
    let new = old.clone().volume("data", |data| drop(data.driver_opts.insert("type".into(), "tmpfs".into())));
    assert_snapshot!(new.text(&old.applied()), @r#"
    error DS0806: volume data: its definition changed, and nothing of lab_data can be changed without losing its data
    = network.default lab_default
    ± volume.data lab_data: driver_opts.type: unset → "tmpfs"
      hazard: the data of lab_data is lost
    = service.db[1] lab-db-1
    = service.web[1] lab-web-1
    no steps
    "#);
    let given = new.options(|options| options.destroy_data = ["lab_data".into()].into());
    assert_snapshot!(given.text(&old.applied()), @r#"
    = network.default lab_default
    ± volume.data lab_data: driver_opts.type: unset → "tmpfs"
      hazard: the data of lab_data is lost
      hazard: db stops
    ± service.db[1] lab-db-1: asked for
    = service.web[1] lab-web-1
    #1 stop lab-db-1
    #2 remove lab-db-1 after #1
    #3 remove volume lab_data after #2
    #4 create volume lab_data after #3
    #5 create lab-db-1 on lab_default (db) after #2 #4
    #6 start lab-db-1 after #5
    #7 wait lab-db-1 until ready (1s, at most 600s) after #6
    #8 collect logs lab-db-1 if #6 #7 failed
    "#);
}

#[test]
fn a_label_of_a_volume_cannot_be_changed_and_stops_nothing() {
    let old = lab().service("db", |db| mount(db, "lab_data", "/data"));
    let new = old.clone().volume("data", |data| drop(data.labels.insert("team".into(), "blue".into())));
    assert_snapshot!(new.text(&old.applied()), @r"
    = network.default lab_default
    = volume.data lab_data
      note: labels.team cannot be changed on an existing volume
    = service.db[1] lab-db-1
    no steps
    ");
}

#[test]
fn data_that_is_not_there_cannot_be_destroyed() {
    let lab = lab().service("db", |db| mount(db, "lab_data", "/data"));
    let world = lab.applied();
    let lab = lab.options(|options| options.destroy_data = ["nothing", "data"].map(Into::into).into());
    assert_snapshot!(lab.text(&world), @r"
    warning DS0809: volume data: lab_data is as the file asks, so nothing of it is destroyed
    error DS0810: there is no volume nothing in this project, so its data cannot be destroyed
    = network.default lab_default
    = volume.data lab_data
    = service.db[1] lab-db-1
    no steps
    ");
}

#[test]
fn what_is_external_must_be_there() {
    let mut lab = lab().service("db", |db| mount(db, "lab_data", "/data"));
    lab.project.networks.get_mut(&"default".into()).unwrap().definition = None;
    lab.project.volumes.get_mut(&"data".into()).unwrap().definition = None;
    let source = Source::new("env.yaml", "networks:\n  default:\n    external: true\n");
    let place = Place::new(source.into(), 12, 19);
    lab.origins = Origins::default();
    lab.origins.insert(crate::model::Address::Network(NetworkKey::new("default")), "", place);
    let text = lab.text(&with_images(&["nginx"]));
    assert_snapshot!(text.lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    error DS0804: volume data: external volume lab_data is not there
    env.yaml:2:3: error DS0802: network default: external network lab_default is not there
    ");
}

#[test]
fn what_somebody_else_made_is_used_and_told() {
    let lab = lab().service("db", |db| mount(db, "lab_data", "/data"));
    let mut world = with_images(&["nginx"]);
    world.observed.networks.push(Network {
        id: NetworkId("x".into()),
        name: "lab_default".into(),
        key: None,
        record: None,
        live: Default::default(),
    });
    world.observed.volumes.push(Volume {
        name: "lab_data".into(),
        key: None,
        ours: false,
        anonymous: false,
        record: None,
        live: Default::default(),
    });
    let text = lab.text(&world);
    assert_snapshot!(text.lines().take(6).collect::<Vec<_>>().join("\n"), @r"
    warning DS0805: volume data: lab_data is there already, and this project did not make it; it is used as it is
    warning DS0803: network default: lab_default is there already, and this project did not make it; it is used as it is
    = network.default lab_default
    = volume.data lab_data
    + service.db[1] lab-db-1: missing
    #1 create lab-db-1 on lab_default (db)
    ");
}

#[test]
fn of_two_networks_of_one_name_the_one_in_use_is_meant() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let mut second = world.observed.networks[0].clone();
    second.id = NetworkId("a-first".into());
    world.observed.networks.insert(0, second);
    assert_snapshot!(lab.text(&world), @r"
    = network.default lab_default
    = service.web[1] lab-web-1
    - stray.lab_default lab_default: repair
      note: a second network of this name, as network default
    #1 remove network lab_default
    ");
}

/// Whether a step comes directly after the removal of a network.
fn after_the_removal(text: &str, step: &str) -> Option<bool> {
    let line = |words: &str| text.lines().find(|line| line.starts_with('#') && line.contains(words));
    let number = line("remove network lab_default")?.split_whitespace().next()?;
    Some(line(step)?.split_whitespace().any(|word| word == number))
}

#[test]
fn a_second_network_of_a_name_goes_before_anything_is_made_on_the_first() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let mut second = world.observed.networks[0].clone();
    second.id = NetworkId("a-first".into());
    world.observed.networks.insert(0, second);
    world.observed.containers.clear();
    assert_eq!(after_the_removal(&lab.text(&world), "create lab-web-1"), Some(true));
}

#[test]
fn a_second_network_of_a_name_goes_before_what_is_on_the_first_starts() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let mut second = world.observed.networks[0].clone();
    second.id = NetworkId("a-first".into());
    world.observed.networks.insert(0, second);
    world.observed.containers[0].state = crate::state::RunState::Created;
    assert_eq!(after_the_removal(&lab.text(&world), "start lab-web-1"), Some(true));
}

#[test]
fn a_container_on_the_second_network_of_a_name_moves_to_the_first() {
    let lab = lab().service("db", |_| {}).service("web", |_| {});
    let mut world = lab.applied();
    let mut second = world.observed.networks[0].clone();
    let first = second.id.clone();
    second.id = NetworkId("z-last".into());
    world.observed.networks.push(second);
    let web = world.observed.containers.iter_mut().find(|one| one.service.as_str() == "web").unwrap();
    let endpoint = web.endpoints.remove(&first).unwrap();
    web.endpoints.insert(NetworkId("z-last".into()), endpoint);
    let text = lab.text(&world);
    assert!(text.contains("connect lab-web-1") && text.contains("remove network lab_default"), "{text}");
    assert!(!lab.plan(&world).is_refused() && !text.contains("create lab-web-1"), "{text}");
}

#[test]
fn networks_and_volumes_of_compose_are_kept() {
    let lab = lab()
        .service("db", |db| mount(db, "lab_data", "/data"))
        .network("default", |network| drop(network.driver_opts.insert("mtu".into(), "1400".into())));
    let mut world = lab.applied();
    let network = &mut world.observed.networks[0];
    network.record = None;
    network.live.driver = Some("bridge".into());
    network.live.enable_ipv6 = Some(false);
    network.live.labels.insert("com.docker.compose.version".into(), "2".into());
    let volume = &mut world.observed.volumes[0];
    (volume.record, volume.key) = (None, Some(VolumeKey::new("data")));
    volume.live.driver = Some("local".into());
    assert!(lab.plan(&world).is_empty(), "{}", lab.text(&world));
    world.observed.networks[0].live.driver_opts.clear();
    assert_snapshot!(lab.text(&world).lines().next().unwrap(), @r#"± network.default lab_default: driver_opts.mtu: unset → "1400""#);
}

#[test]
fn what_the_engine_lacks_is_told() {
    let mut lab = lab().service("web", |web| drop(web.fixed.annotations.insert("a".into(), "b".into())));
    lab.rules.since.insert("fixed.annotations", ApiVersion::v1(43));
    assert_snapshot!(lab.text(&with_images(&["nginx"])).lines().next().unwrap(), @"error DS0820: service.web: annotations needs Engine API 1.43, and Docker Engine 20.10.24 speaks 1.41");
    let lossy = lab.options(|options| options.allow_lossy = ["annotations".into()].into());
    assert_snapshot!(lossy.text(&with_images(&["nginx"])).lines().next().unwrap(), @"warning DS0820: service.web: annotations needs Engine API 1.43, and Docker Engine 20.10.24 speaks 1.41; it goes on without it");
}

#[test]
fn what_only_an_engine_that_schedules_replicas_can_do_is_told() {
    let lab = lab().service("web", |web| {
        web.scheduling.constraints = vec!["node.role==manager".into()];
        web.scheduling.endpoint_mode = Some(EndpointMode::Vip);
        web.lossy = ["deploy.endpoint_mode".into()].into();
    });
    let text = lab.text(&with_images(&["nginx"]));
    let told: Vec<_> = text.lines().filter(|line| line.starts_with("warning")).collect();
    assert_snapshot!(told.join("\n"), @"warning DS0820: service.web: `deploy.placement` has no effect: Docker Engine 20.10.24 does not schedule replicas");
    let lossy = lab.options(|options| options.allow_lossy = ["deploy.placement".into()].into());
    assert!(!lossy.text(&with_images(&["nginx"])).contains("warning"), "who can do without it hears no more of it");
}

#[test]
fn an_image_that_may_not_be_pulled_must_be_there() {
    let lab = lab().service("web", |web| web.source = ImageSource::Pull(PullPolicy::Never));
    assert_snapshot!(lab.text(&World::default()).lines().next().unwrap(), @"error DS0801: service web: image nginx is not there, and pull_policy is never");
}

#[test]
fn images_are_pulled_by_their_policy() {
    let lab = lab()
        .service("always", |web| {
            web.fixed.image = "always".into();
            web.source = ImageSource::Pull(PullPolicy::Always);
        })
        .service("daily", |web| {
            web.fixed.image = "daily".into();
            web.source = ImageSource::Pull(PullPolicy::Every(std::time::Duration::from_secs(86_400)));
        });
    let mut world = lab.applied();
    world.observed.images.get_mut(&"daily".into()).unwrap().pulled_at = Some("2023-11-14T00:00:00Z".parse().unwrap());
    assert_snapshot!(lab.text(&world), @r"
    ↓ image.always always: asked for
    = network.default lab_default
    = service.always[1] lab-always-1
    = service.daily[1] lab-daily-1
    #1 pull always
    ");
    world.observed.images.get_mut(&"daily".into()).unwrap().pulled_at = Some("2023-11-11T00:00:00Z".parse().unwrap());
    let fresh = lab.options(|options| options.fresh = ["always".into()].into());
    assert_snapshot!(fresh.text(&world).lines().next().unwrap(), @"↓ image.daily daily: asked for");
}

#[test]
fn an_image_for_another_platform_is_pulled_again_for_what_is_made_anew() {
    let lab = lab().service("web", |web| web.fixed.platform = Some("linux/amd64".into()));
    let of = |architecture: &str| {
        let mut world = with_images(&["nginx"]);
        let platform = Platform { os: "linux".into(), architecture: architecture.into(), variant: None };
        world.observed.images.get_mut(&"nginx".into()).unwrap().platform = Some(platform);
        world
    };
    assert_snapshot!(lab.text(&of("arm64")).lines().take(2).collect::<Vec<_>>().join("\n"), @r"
    ↓ image.nginx nginx: missing
      note: the image at hand is for linux/arm64
    ");
    assert!(!lab.text(&of("amd64")).contains("pull"));
    let mut running = lab.applied();
    running.observed.images = of("arm64").observed.images;
    assert!(!lab.text(&running).contains("pull nginx"));
}

#[test]
fn an_image_named_by_its_digest_is_not_pulled_again() {
    let pinned = format!("app@sha256:{}", "a".repeat(64));
    let lab = lab().service("web", |web| {
        web.fixed.image = pinned.as_str().into();
        web.source = ImageSource::Pull(PullPolicy::Always);
    });
    assert!(lab.plan(&lab.applied()).is_empty());
}

#[test]
fn what_is_to_be_left_alone_of_a_network_or_a_volume_is_no_change() {
    let old = lab().service("web", |web| mount(web, "lab_data", "/data"));
    let new = old
        .clone()
        .network("default", |net| {
            net.labels.insert("a".into(), "b".into());
            net.driver_opts.insert("mtu".into(), "1400".into());
        })
        .volume("data", |data| {
            data.labels.insert("a".into(), "b".into());
            data.driver = Some("other".into());
        });
    let mut left = new.clone();
    let network = left.project.networks.get_mut(&"default".into()).unwrap();
    network.ignore_changes = ["labels".into(), "driver_opts.mtu".into()].into();
    let volume = left.project.volumes.get_mut(&"data".into()).unwrap();
    volume.ignore_changes = ["labels.a".into(), "driver".into()].into();
    assert!(!new.plan(&old.applied()).is_empty());
    let plan = left.plan(&old.applied());
    assert!(plan.is_empty() && plan.diagnostics.is_empty(), "{}", text(&plan));
    assert!(plan.changes.iter().all(|change| change.notes.is_empty()), "{}", text(&plan));
}

#[test]
fn an_image_that_is_gone_is_nothing_to_what_runs_on_it() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    world.observed.images.clear();
    assert!(lab.plan(&world).is_empty());
}

#[test]
fn targets_bring_what_they_need_and_leave_the_rest() {
    let lab = lab()
        .service("db", |_| {})
        .needing("web", "db", crate::model::Condition::ServiceStarted)
        .service("other", |_| {})
        .options(|options| options.targets = ["web".into()].into());
    let text = lab.text(&with_images(&["nginx"]));
    assert_snapshot!(text.lines().filter(|line| line.starts_with('+')).collect::<Vec<_>>().join("\n"), @r"
    + network.default lab_default: missing
    + service.db[1] lab-db-1: missing
    + service.web[1] lab-web-1: missing
    ");
    let without = lab.options(|options| options.exclude = ["db".into()].into());
    assert_snapshot!(without.text(&with_images(&["nginx"])).lines().next().unwrap(), @"error DS0808: service web depends on db, which is excluded and not there");
}

#[test]
fn a_circle_is_told() {
    let started = crate::model::Condition::ServiceStarted;
    let lab = lab().needing("a", "b", started).needing("b", "a", started);
    assert_snapshot!(lab.text(&World::default()), @r"
    error DS0800: services depend on each other in a circle: a → b → a
    no steps
    ");
}
