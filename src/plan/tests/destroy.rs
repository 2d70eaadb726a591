//! A project goes.

use insta::assert_snapshot;

use super::lab::{Lab, lab, mount};
use super::world::World;
use crate::model::{Condition, Hook};
use crate::plan::{DestroyOptions, destroy, text};
use crate::state::{Container, ContainerId, Guest, RunState, Volume};

#[test]
fn containers_go_in_reverse_order_and_volumes_stay() {
    let lab = lab()
        .service("db", |db| mount(db, "lab_data", "/data"))
        .needing("web", "db", Condition::ServiceStarted)
        .config("web", "/etc/web.conf", "a");
    let mut world = lab.applied();
    world.record(&lab.project);
    let plan = destroy(&lab.project.name, &world.look(), &DestroyOptions::default());
    assert_snapshot!(text(&plan), @r"
    - network.default lab_default: asked for
    = volume.data lab_data
      note: its data is kept; --destroy-data lab_data destroys it
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    - service.web[1] lab-web-1: asked for
      hazard: web stops
    #1 stop lab-web-1
    #2 remove lab-web-1 after #1
    #3 stop lab-db-1, settled #1
    #4 remove lab-db-1 after #3
    #5 remove network lab_default after #2 #4
    #6 remove volume lab_dsenv_files_91e22a02115d67eb03b85cdb7dca7053 after #2 #4
    #7 remove volume lab_dsenv_record_1 after #2 #4
    #8 remove volume lab_dsenv_key after #2 #4
    ");
    world.apply(&plan);
    assert_eq!(world.observed.volumes.len(), 1);
    assert!(world.observed.containers.is_empty() && world.observed.files.is_empty() && world.observed.key.is_none());

    let options = DestroyOptions { destroy_data: ["data".into()].into(), ..DestroyOptions::default() };
    let plan = destroy(&lab.project.name, &world.look(), &options);
    assert_snapshot!(text(&plan), @r"
    - volume.data lab_data: asked for
      hazard: the data of lab_data is lost
    #1 remove volume lab_data
    ");
}

fn with_one_off(lab: &Lab) -> World {
    let mut world = lab.applied();
    world.record(&lab.project);
    let one_off = Container {
        name: "lab-db-run-1".into(),
        id: ContainerId("c9".into()),
        oneoff: true,
        ..world.container("lab-db-1").clone()
    };
    world.observed.containers.push(one_off);
    world
}

#[test]
fn a_one_off_that_is_up_is_kept_with_its_network_until_it_is_asked_for() {
    let lab = lab().service("db", |db| {
        mount(db, "lab_data", "/data");
        db.hooks.pre_stop = vec![Hook::default()];
    });
    let mut world = with_one_off(&lab);
    let plan = destroy(&lab.project.name, &world.look(), &DestroyOptions::default());
    assert_snapshot!(text(&plan), @r"
    = network.default lab_default
      note: it is kept, since lab-db-run-1 is on it
    = volume.data lab_data
      note: its data is kept; --destroy-data lab_data destroys it
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    = stray.lab-db-run-1 lab-db-run-1
      note: one-off of service db (`run`), running; it is left alone, and --remove-orphans removes it
    #1 hook lab-db-1 ``
    #2 stop lab-db-1 after #1
    #3 remove lab-db-1 after #2
    #4 remove volume lab_dsenv_record_1 after #3
    #5 remove volume lab_dsenv_key after #3
    ");
    let asked = DestroyOptions { prune: true, ..DestroyOptions::default() };
    assert_snapshot!(text(&destroy(&lab.project.name, &world.look(), &asked)), @r"
    - network.default lab_default: asked for
    = volume.data lab_data
      note: its data is kept; --destroy-data lab_data destroys it
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    - stray.lab-db-run-1 lab-db-run-1: asked for
      hazard: db stops
    #1 hook lab-db-1 ``
    #2 stop lab-db-1 after #1
    #3 remove lab-db-1 after #2
    #4 stop lab-db-run-1
    #5 remove lab-db-run-1 after #4
    #6 remove network lab_default after #3 #5
    #7 remove volume lab_dsenv_record_1 after #3 #5
    #8 remove volume lab_dsenv_key after #3 #5
    ");
    let data = DestroyOptions { destroy_data: ["data".into()].into(), ..DestroyOptions::default() };
    let refused = destroy(&lab.project.name, &world.look(), &data);
    assert!(refused.is_refused(), "{}", text(&refused));

    world.container("lab-db-run-1").state = RunState::Exited { code: 0, oom: false };
    let ended = destroy(&lab.project.name, &world.look(), &data);
    assert_snapshot!(text(&ended), @r"
    - network.default lab_default: asked for
    - volume.data lab_data: asked for
      hazard: the data of lab_data is lost
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    - stray.lab-db-run-1 lab-db-run-1: asked for
    #1 hook lab-db-1 ``
    #2 stop lab-db-1 after #1
    #3 remove lab-db-1 after #2
    #4 remove lab-db-run-1
    #5 remove network lab_default after #3 #4
    #6 remove volume lab_data after #3 #4
    #7 remove volume lab_dsenv_record_1 after #3 #4
    #8 remove volume lab_dsenv_key after #3 #4
    ");
}

#[test]
fn what_others_hold_is_kept_and_named() {
    let lab = lab().service("db", |db| mount(db, "lab_data", "/data"));
    let world = lab.applied();
    let mut observed = world.look();
    let network = observed.networks[0].id.clone();
    let guest =
        |name: &str| Guest { name: name.into(), networks: [network.clone()].into(), volumes: Default::default() };
    observed.guests = vec![guest("mine"), guest("yours")];
    assert_snapshot!(text(&destroy(&lab.project.name, &observed, &DestroyOptions::default())), @r"
    = network.default lab_default
      note: it is kept, since mine and yours are on it
    = volume.data lab_data
      note: its data is kept; --destroy-data lab_data destroys it
    - service.db[1] lab-db-1: asked for
      hazard: db stops
    #1 stop lab-db-1
    #2 remove lab-db-1 after #1
    #3 remove volume lab_dsenv_key after #2
    ");
    observed.guests =
        vec![Guest { name: "mine".into(), networks: Default::default(), volumes: ["lab_data".into()].into() }];
    let data = DestroyOptions { destroy_data: ["data".into()].into(), ..DestroyOptions::default() };
    let refused = destroy(&lab.project.name, &observed, &data);
    assert!(refused.is_refused() && text(&refused).contains("since mine mounts it"), "{}", text(&refused));
}

#[test]
fn a_network_that_is_to_be_made_anew_is_refused_while_others_are_on_it() {
    let old = lab().service("db", |_| {});
    let world = old.applied();
    let new = old.network("default", |network| network.internal = true);
    let mut observed = world.look();
    let networks = [observed.networks[0].id.clone()].into();
    observed.guests = vec![Guest { name: "mine".into(), networks, volumes: Default::default() }];
    assert!(!new.plan_of(&world.look()).is_refused());
    let plan = new.plan_of(&observed);
    assert!(plan.is_refused() && text(&plan).contains("since container mine is on it"), "{}", text(&plan));
}

#[test]
fn a_name_that_means_two_volumes_destroys_none_and_says_both() {
    let two = lab().service("db", |db| mount(db, "lab_p-data", "/data"));
    let mut observed = two.applied().look();
    let second = Volume { name: "p-data".into(), key: Some("other".into()), ..observed.volumes[0].clone() };
    observed.volumes.push(second);
    for (named, expected) in [
        (
            "p-data",
            "error DS0810: p-data is the name of more than one volume: lab_p-data (volume p-data) and p-data (volume other); nothing is destroyed",
        ),
        ("other", "hazard: the data of p-data is lost"),
        ("lab_p-data", "hazard: the data of lab_p-data is lost"),
    ] {
        let options = DestroyOptions { destroy_data: [named.into()].into(), ..DestroyOptions::default() };
        let plan = text(&destroy(&two.project.name, &observed, &options));
        assert!(plan.contains(expected), "{named}: {plan}");
        assert_eq!(plan.matches("is lost").count(), usize::from(named != "p-data"), "{plan}");
    }
    let told = text(&destroy(&two.project.name, &observed, &DestroyOptions::default()));
    assert!(
        told.contains("--destroy-data other destroys it") && told.contains("--destroy-data lab_p-data destroys it"),
        "{told}"
    );

    let keys = [Some("data".into()), Some("data".into())];
    observed.volumes.iter_mut().zip(keys).for_each(|(volume, key)| volume.key = key);
    let options = DestroyOptions { destroy_data: ["data".into()].into(), ..DestroyOptions::default() };
    let plan = destroy(&two.project.name, &observed, &options);
    assert!(plan.is_refused(), "two volumes of one key: {}", text(&plan));
}
