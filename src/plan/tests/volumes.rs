//! Volumes: who fills a new one, what becomes of those without a name, and the replicas that have them.

use super::lab::{Lab, anonymous, build, env, lab, mount};
use super::world::World;
use crate::plan::{Action, ContainerStep, DestroyOptions, NodeId, Plan, Step, When, destroy};
use crate::state::{LiveMount, Volume};

/// The creations of a plan, each with the creations that it comes after.
fn creations(plan: &Plan) -> Vec<(String, Vec<String>)> {
    let name = |id: &NodeId| match &plan.node(*id).step {
        Step::Container(ContainerStep::Create(new)) => Some(new.name.to_string()),
        _ => None,
    };
    let nodes = plan.nodes.iter().filter_map(|node| Some((name(&node.id)?, node)));
    nodes.map(|(own, node)| (own, node.after.iter().filter_map(name).collect())).collect()
}

fn notes(plan: &Plan) -> Vec<String> {
    plan.changes.iter().flat_map(|change| change.notes.clone()).collect()
}

#[test]
fn the_first_container_on_a_new_volume_goes_alone_and_the_others_after_it_even_if_it_fails() {
    let shared = |service: &mut crate::model::Service| mount(service, "lab_data", "/data");
    let lab = lab().service("a", shared).service("b", |b| {
        shared(b);
        b.scale = 2;
    });
    let lab = lab.service("c", |c| mount(c, "lab_other", "/data")).service("d", |_| {});
    let plan = lab.plan(&World::default());
    let first = vec!["lab-a-1".to_owned()];
    assert_eq!(
        creations(&plan),
        [
            ("lab-a-1".to_owned(), vec![]),
            ("lab-b-1".to_owned(), first.clone()),
            ("lab-b-2".to_owned(), first),
            ("lab-c-1".to_owned(), vec![]),
            ("lab-d-1".to_owned(), vec![]),
        ]
    );
    let later = plan.nodes.iter().filter(|node| matches!(node.when, When::Tolerant { .. })).count();
    assert_eq!(later, 2, "{}", crate::plan::text(&plan));
    // What some container has mounted is filled.
    let more = lab.clone().service("e", shared).service("f", shared);
    assert!(creations(&more.plan(&lab.applied())).iter().all(|(_, after)| after.is_empty()));
    // What an apply that failed left empty is not.
    let mut world = lab.applied();
    world.observed.containers.retain(|container| container.name.as_str() == "lab-d-1");
    let again = creations(&lab.plan(&world));
    assert_eq!(again.iter().map(|(_, after)| after.len()).sum::<usize>(), 2, "{again:?}");
}

#[test]
fn replicas_that_are_there_are_kept_whatever_their_numbers() {
    let three = lab().service("web", |web| web.scale = 3);
    let mut world = three.applied();
    world.observed.containers.retain(|container| container.name.as_str() != "lab-web-1");
    let scaled = |scale: u32| three.clone().service("web", move |web| web.scale = scale);
    let told = |lab: &Lab| -> Vec<String> {
        let changes = lab.plan(&world).changes;
        let changes = changes.into_iter().filter(|change| change.address.service().is_some());
        changes.map(|change| format!("{} {}", change.action.word(), change.name)).collect()
    };
    assert!(scaled(2).plan(&world).is_empty());
    assert_eq!(told(&scaled(1)), ["keep lab-web-2", "remove lab-web-3"]);
    assert_eq!(told(&scaled(3)), ["create lab-web-1", "keep lab-web-2", "keep lab-web-3"]);
    assert_eq!(told(&scaled(4)), ["create lab-web-1", "keep lab-web-2", "keep lab-web-3", "create lab-web-4"]);
    // A change of both replaces both and takes nothing away.
    let changed = scaled(2).service("web", |web| env(web, "A", "1"));
    assert_eq!(told(&changed), ["replace lab-web-2", "replace lab-web-3"]);
}

fn built() -> Lab {
    let lab = lab().service("web", |web| {
        build(web, "lab-web");
        anonymous(web, "/app/deps");
    });
    lab.digest("web", "one")
}

#[test]
fn a_volume_without_a_name_hides_what_another_image_has_and_is_renewed_by_name() {
    let world = built().applied();
    let old = world.observed.containers[0].mounts[0].volume.clone().unwrap();
    let hides = "its volume at /app/deps hides what the image has there; --renew web gives it a new one";
    assert_eq!(notes(&built().digest("web", "two").plan(&world)), [hides]);
    assert!(notes(&built().service("web", |web| env(web, "A", "1")).plan(&world)).is_empty(), "it is the same image");

    let renewed = built().options(|options| options.renew = ["web".into()].into());
    let plan = renewed.plan(&world);
    assert_eq!(notes(&plan), [format!("a new volume at /app/deps; the data of volume {old} is kept")]);
    let mut after = world.clone();
    after.apply(&plan);
    assert!(after.observed.volumes.iter().any(|volume| volume.name == old), "its data is kept");
    assert_ne!(after.observed.containers[0].mounts[0].volume, Some(old.clone()));
    let left = built().plan(&after).changes.into_iter().find(|change| change.action == Action::Forget).unwrap();
    assert_eq!(left.name, old.to_string(), "and named");

    let none = lab().service("web", |_| {});
    let told = none.clone().options(|options| options.renew = ["web".into()].into()).plan(&none.applied());
    assert!(told.is_empty() && told.diagnostics[0].message.contains("no volume without a name"), "{told:?}");
}

#[test]
fn a_mount_that_takes_the_place_of_a_volume_without_a_name_is_told_and_its_data_kept() {
    let world = built().applied();
    let old = world.observed.containers[0].mounts[0].volume.clone().unwrap();
    let plan = built().service("web", |web| mount(web, "lab_deps", "/app/deps")).plan(&world);
    let told = format!("another mount takes the place of volume {old} at /app/deps, whose data is kept");
    assert_eq!(notes(&plan), std::slice::from_ref(&told));
    let tmpfs = built().service("web", |web| {
        web.fixed.mounts.clear();
        web.fixed.tmpfs.insert("/app/deps".into(), Default::default());
    });
    assert_eq!(notes(&tmpfs.plan(&world)), [told]);
}

#[test]
fn both_commands_know_a_volume_without_a_name() {
    let world = built().applied();
    let old = world.observed.containers[0].mounts[0].volume.clone().unwrap();
    let told = destroy(&"lab".into(), &world.look(), &DestroyOptions::default());
    let note = format!("of service.web[1], at /app/deps: its data is kept; --destroy-data {old} destroys it");
    assert!(notes(&told).contains(&note), "{:?}", notes(&told));
    let asked = built().options(|options| options.destroy_data = [old.clone()].into());
    let refused = asked.plan(&world).diagnostics;
    assert!(refused[0].message.contains("container lab-web-1 mounts it"), "{refused:?}");
    assert!(refused[0].help[0].contains("--renew"), "{refused:?}");
    let mut after = world.clone();
    after.apply(&told);
    assert!(asked.plan(&after).changes.iter().any(|change| change.action == Action::Delete), "nobody mounts it now");
}

#[test]
fn a_volume_that_another_tool_made_with_a_container_is_as_well_known() {
    let mut world = built().applied();
    let mount = LiveMount { target: "/old".into(), volume: Some("f".repeat(64).as_str().into()), anonymous: true };
    world.observed.containers[0].mounts.push(mount);
    let mut look = world.look();
    look.sort();
    let known: Vec<&Volume> = look.volumes.iter().filter(|volume| volume.name.as_str().starts_with('f')).collect();
    assert!(known.len() == 1 && known[0].ours && known[0].anonymous, "{known:?}");
    let told = notes(&destroy(&"lab".into(), &look, &DestroyOptions::default()));
    assert!(told.iter().any(|note| note.starts_with("of service.web[1], at /old: ")), "{told:?}");
    let named = DestroyOptions { destroy_data: ["f".repeat(64).as_str().into()].into(), ..DestroyOptions::default() };
    assert!(destroy(&"lab".into(), &look, &named).diagnostics.is_empty());
    // While it is mounted, a plan leaves it alone.
    assert!(built().plan_of(&look).is_empty());
}

#[test]
fn a_container_that_answers_to_its_own_name_as_an_alias_differs_in_nothing() {
    let lab = lab().service("web", |_| {});
    let mut world = lab.applied();
    let alias = |world: &mut World, alias: &str| {
        let endpoints = &mut world.container("lab-web-1").endpoints;
        for endpoint in endpoints.values_mut() {
            endpoint.attachment.aliases.insert(alias.into());
        }
    };
    alias(&mut world, "lab-web-1");
    assert!(lab.plan(&world).is_empty(), "{}", lab.text(&world));
    alias(&mut world, "lab-old-1");
    assert!(!lab.plan(&world).is_empty(), "a name too many answers for somebody else");
}
