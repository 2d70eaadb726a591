//! What programs of this machine are called for.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::crash::survives_on;
use super::lab::{Lab, env, lab};
use super::world::World;
use crate::model::{Condition, Dependency, LanguageModel, Provider};
use crate::plan::{DestroyOptions, destroy, text};
use crate::state::{Command, ModelConfig, ModelRunner, Program};

fn provider(lab: Lab, size: &str) -> Lab {
    let mut lab = lab;
    let provider = Provider {
        program: "cloud".into(),
        options: [("size".to_owned(), vec![size.to_owned()])].into(),
        depends_on: BTreeMap::new(),
        lossy: false,
        definition: String::new(),
    };
    lab.project.providers.insert("db".into(), provider);
    lab
}

fn web() -> Lab {
    provider(lab().needing("web", "db", Condition::ServiceStarted), "1")
}

/// A machine with the program, which gives these variables.
fn machine(given: &[(&str, &str)]) -> World {
    let mut world = World::default();
    world.observed.programs.insert("cloud".into(), Program { stop: Some(Command::default()), ..Program::default() });
    give(&mut world, given);
    world
}

fn give(world: &mut World, given: &[(&str, &str)]) {
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    world.gives.insert("db".into(), given.collect());
}

/// The next dsenv knows nothing of what this one called.
fn forget(world: &mut World) {
    world.observed.called.clear();
}

#[test]
fn a_container_is_made_when_what_it_is_given_is_known() {
    let (lab, mut world) = (web(), machine(&[("DB_URL", "a")]));
    let plan = lab.plan(&world);
    assert_snapshot!(text(&plan), @"
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    + service.db db: missing
      note: run by cloud
    + service.web[1] lab-web-1: missing
      note: what it is given by db is known when that is up
    #1 create network lab_default
    #2 call cloud to bring up db
    #3 pull nginx
    #4 create volume lab_dsenv_key
    #5 create lab-web-1 on lab_default (web) after #1 #2 #3 #4
    #6 start lab-web-1 after #2 #5
    #7 wait lab-web-1 until ready (1s, at most 600s) after #6
    #8 collect logs lab-web-1 if #6 #7 failed
    ");
    world.apply(&plan);
    assert_snapshot!(text(&lab.plan(&world)), @"
    = network.default lab_default
    = service.db db
    = service.web[1] lab-web-1
    no steps
    ");
    forget(&mut world);
    world.record(&lab.project);
    assert_snapshot!(text(&lab.plan(&world)), @"
    = network.default lab_default
    ▸ service.db db: cannot be looked at
      note: run by cloud
    = service.web[1] lab-web-1
    #1 call cloud to bring up db
    ");
    assert!(lab.plan(&world).only_asks());
}

#[test]
fn what_is_given_now_is_compared_with_what_was_given_then() {
    let (lab, mut world) = (web(), machine(&[("DB_URL", "a"), ("DB_OLD", "x"), ("MINE", "theirs")]));
    let lab = lab.service("web", |web| env(web, "MINE", "mine"));
    world.apply(&lab.plan(&world));
    assert!(lab.plan(&world).is_empty(), "a variable of the file that is given too is the giver's");
    forget(&mut world);
    give(&mut world, &[("DB_URL", "b"), ("DB_NEW", "y")]);
    let first = lab.plan(&world);
    world.apply(&first);
    assert_snapshot!(text(&lab.plan(&world)), @r#"
    = network.default lab_default
    = service.db db
    ± service.web[1] lab-web-1: environment.DB_NEW: unset → "y", environment.DB_OLD: "x" → unset, environment.DB_URL: "a" → "b", environment.MINE: "theirs" → "mine"
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    "#);
    world.apply(&lab.plan(&world));
    assert!(lab.plan(&world).is_empty());
}

#[test]
fn a_program_waits_for_what_its_service_needs() {
    let mut lab = web().service("net", |_| {});
    let needed = Dependency { condition: Condition::ServiceStarted, restart: false, required: true };
    lab.project.providers.get_mut(&"db".into()).unwrap().depends_on.insert("net".into(), needed);
    assert_snapshot!(text(&lab.plan(&machine(&[]))), @"
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    + service.db db: missing
      note: run by cloud
    + service.net[1] lab-net-1: missing
    + service.web[1] lab-web-1: missing
      note: what it is given by db is known when that is up
    #1 create network lab_default
    #2 pull nginx
    #3 create volume lab_dsenv_key
    #4 create lab-net-1 on lab_default (net) after #1 #2 #3
    #5 start lab-net-1 after #4
    #6 wait lab-net-1 until ready (1s, at most 600s) after #5
    #7 collect logs lab-net-1 if #5 #6 failed
    #8 call cloud to bring up db after #6
    #9 create lab-web-1 on lab_default (web) after #1 #2 #3 #8
    #10 start lab-web-1 after #8 #9
    #11 wait lab-web-1 until ready (1s, at most 600s) after #10
    #12 collect logs lab-web-1 if #10 #11 failed
    ");
}

#[test]
fn an_interrupted_creation_is_mended_with_what_is_given() {
    let lab = web();
    survives_on(&machine(&[("DB_URL", "a")]), &lab);
}

#[test]
fn what_no_file_names_any_more_is_released_by_name_only() {
    let mut world = machine(&[("DB_URL", "a")]);
    world.apply(&web().plan(&world));
    world.record(&web().project);
    forget(&mut world);
    let lab = lab().service("web", |_| {});
    assert_snapshot!(text(&lab.plan(&world)), @r#"
    = network.default lab_default
    ~ service.web web: depends_on.db: {"condition":"service_started","restart":false,"required":true} → unset
    ± service.web[1] lab-web-1: environment.DB_URL: "a" → unset
      hazard: web stops
    ! stray.db db: in no spec
      note: run by cloud; --destroy-data db releases it, with what it holds
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    "#);
    let named = lab.clone().options(|options| options.destroy_data = ["db".into()].into());
    let plan = named.plan(&world);
    assert_snapshot!(text(&plan), @r#"
    = network.default lab_default
    ~ service.web web: depends_on.db: {"condition":"service_started","restart":false,"required":true} → unset
    ± service.web[1] lab-web-1: environment.DB_URL: "a" → unset
      hazard: web stops
    - stray.db db: in no spec
      note: cloud releases it, with what it holds
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    #12 call cloud to release db after #10
    "#);
    world.apply(&plan);
    assert!(lab.plan(&world).nodes.is_empty());

    let plan = destroy(&lab.project.name, &world.look(), &DestroyOptions::default());
    assert_snapshot!(text(&plan), @"
    - network.default lab_default: asked for
    = service.db db
      note: cloud keeps what it runs for it paused; --destroy-data db releases it
    - service.web[1] lab-web-1: asked for
      hazard: web stops
    #1 stop lab-web-1
    #2 remove lab-web-1 after #1
    #3 remove network lab_default after #2
    #4 call cloud to pause db after #2
    ");
    let options = DestroyOptions { destroy_data: ["db".into()].into(), ..DestroyOptions::default() };
    assert_snapshot!(text(&destroy(&lab.project.name, &world.look(), &options)), @"
    - network.default lab_default: asked for
    - service.db db: asked for
      note: cloud releases it, with what it holds
    - service.web[1] lab-web-1: asked for
      hazard: web stops
    #1 stop lab-web-1
    #2 remove lab-web-1 after #1
    #3 remove network lab_default after #2
    #4 call cloud to release db after #2
    #5 remove volume lab_dsenv_record_1 after #2 #4
    #6 remove volume lab_dsenv_key after #2 #4
    ");
}

#[test]
fn a_model_is_there_before_who_uses_it() {
    let mut lab = lab().service("chat", |_| {});
    let model = LanguageModel {
        model: "ai/smollm2".into(),
        context_size: Some(4096),
        runtime_flags: vec![],
        users: [("chat".into(), "LLM_URL".into())].into(),
        lossy: Default::default(),
    };
    lab.project.models.insert("llm".into(), model);
    let mut world = World::default();
    assert_snapshot!(text(&lab.plan(&world)), @"
    error DS0820: model.llm: the plug-in of the Docker CLI for models, `docker-model`, is not on this machine
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    + service.chat[1] lab-chat-1: missing
    #1 create network lab_default
    #2 pull nginx
    #3 create volume lab_dsenv_key
    #4 create lab-chat-1 on lab_default (chat) after #1 #2 #3
    #5 start lab-chat-1 after #4
    #6 wait lab-chat-1 until ready (1s, at most 600s) after #5
    #7 collect logs lab-chat-1 if #5 #6 failed
    ");
    let runner = ModelRunner { endpoint: "http://a/".into(), models: Default::default(), configured: Some([].into()) };
    world.observed.models = Some(runner.clone());
    let plan = lab.plan(&world);
    assert_snapshot!(text(&plan), @"
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    ↓ model.llm ai/smollm2: missing; context_size: unset → 4096
    + service.chat[1] lab-chat-1: missing
    #1 create network lab_default
    #2 pull nginx
    #3 call model to pull
    #4 call model to configure after #3
    #5 create volume lab_dsenv_key
    #6 create lab-chat-1 on lab_default (chat) after #1 #2 #4 #5
    #7 start lab-chat-1 after #6
    #8 wait lab-chat-1 until ready (1s, at most 600s) after #7
    #9 collect logs lab-chat-1 if #7 #8 failed
    ");
    world.apply(&plan);
    assert!(lab.plan(&world).is_empty(), "what was said once is not said again, whatever the runner tells");
    forget(&mut world);
    let config = ModelConfig { context_size: Some(2048), runtime_flags: vec!["--left-alone".into()] };
    world.observed.models = Some(ModelRunner {
        endpoint: "http://b/".into(),
        models: ["docker.io/ai/smollm2:latest".to_owned()].into(),
        configured: Some([("ai/smollm2".to_owned(), config)].into()),
    });
    assert_snapshot!(text(&lab.plan(&world)), @r#"
    = network.default lab_default
    ~ model.llm ai/smollm2: context_size: 2048 → 4096
    ± service.chat[1] lab-chat-1: environment.LLM_URL: "http://a/" → "http://b/"
      hazard: chat stops
    #1 call model to configure
    #2 create lab-chat-1.next on lab_default (chat) after #1
    #3 stop lab-chat-1 after #2
    #4 start lab-chat-1.next after #3
    #5 wait lab-chat-1.next until ready (1s, at most 600s) after #4
    #6 collect logs lab-chat-1.next if #3 #4 #5 failed
    #7 stop lab-chat-1.next if #3 #4 #5 failed after #6
    #8 start lab-chat-1 if #3 #4 #5 failed after #7
    #9 wait lab-chat-1 until ready (1s, at most 600s) if #3 #4 #5 failed after #8
    #10 remove lab-chat-1.next if #3 #4 #5 failed after #9
    #11 remove lab-chat-1 after #5
    #12 rename lab-chat-1.next to lab-chat-1 after #11
    "#);
}
