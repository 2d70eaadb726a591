//! What every verb that speaks to an engine does first: look, and plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Context, Desired, Disk, Failure, Kind, process};
use crate::context;
use crate::diagnostic::Diagnostic;
use crate::engine::{Engine, EngineError, Observer, held};
use crate::execute;
use crate::model::{Address, Build, ImageSource, Key, Project, ProjectName, ServiceName};
use crate::plan::{self, Contents, CopiedFile, CopiedKind, Drift, Frame, ImageStep, Options, Plan, Request, Step};
pub use crate::reconcile::{Builds, Look};
use crate::resolve;
use crate::rules::{Builder, Rules, Store};
use crate::spec::code::MISSING_CONTEXT;
use crate::state::{Observed, Scope};

/// How long sizes may take: for the answer an engine may add up its whole disk, and a plan is no less true without.
const SIZES: Duration = Duration::from_secs(3);

/// Bytes of a config whose differences are shown at most.
const SHOWN: usize = 1 << 20;

/// Looks and plans. Only the side of the engine that reads is needed. `key` is for a project that has none yet.
///
/// # Errors
/// When the engine does not answer, or a build's files cannot be read.
pub async fn look(
    engine: &dyn Observer,
    desired: &Desired,
    options: &Options,
    key: Option<&Key>,
) -> Result<Look, Failure> {
    look_at(engine, desired, options, key, &Builds::Compared).await
}

/// As [`look`], with or without the files of builds.
///
/// # Errors
/// When the engine does not answer, or a build's files cannot be read.
pub async fn look_at(
    engine: &dyn Observer,
    desired: &Desired,
    options: &Options,
    key: Option<&Key>,
    builds: &Builds,
) -> Result<Look, Failure> {
    let scope = scope(&desired.project);
    let inputs = async {
        let about = || plan::about(&desired.project, options);
        Ok(match builds {
            Builds::Compared => inputs(engine, desired, &about()).await,
            Builds::Of(service) => {
                let mut all = inputs(engine, desired, &about()).await;
                let needed = needed(&desired.project, &all.bases, service);
                all.digests.retain(|name, _| needed.contains(name));
                all
            }
            Builds::Trusted => Inputs::default(),
        })
    };
    // Reading a build's files and asking the engine take about as long, so they go side by side.
    let observed = async { engine.observe(&scope).await.map_err(Failure::from) };
    let (observed, inputs) = tokio::try_join!(observed, inputs)?;
    let key = observed.key.as_ref().or(key).cloned().map_or_else(fresh_key, Ok)?;
    let plan = |observed: &Observed| {
        let (project, origins) = (&desired.project, &desired.origins);
        let mut made = plan::plan(&Request {
            project,
            origins,
            observed,
            rules: engine.rules(),
            key: &key,
            digests: &inputs.digests,
            bases: &inputs.bases,
            options,
        });
        tell_unreadable(&mut made, desired, &inputs.unreadable);
        tell_unbuildable(&mut made, desired, engine.rules(), &inputs);
        made
    };
    let first = plan(&observed);
    if !first.takes_away() {
        return Ok(Look { plan: first, observed, key, digests: inputs.digests });
    }
    // What goes may be in use by somebody else: only then does it matter who is there.
    let observed = engine.observe(&Scope { guests: true, ..scope }).await?;
    Ok(Look { plan: plan(&observed), observed, key, digests: inputs.digests })
}

/// What the JSON of a plan says beside the plan, where nothing more is known.
pub fn bare_frame(engine: &dyn Observer) -> Frame<'_> {
    Frame::bare(&engine.rules().engine, now())
}

/// The same, with the sizes of the volumes in danger. The engine is asked for them only if there are any.
///
/// # Errors
/// When the engine does not answer.
pub async fn sized_frame<'e>(engine: &'e dyn Observer, plan: &Plan) -> Result<Frame<'e>, Failure> {
    let danger = plan.in_danger();
    let sizes = match danger.is_empty() {
        true => BTreeMap::new(),
        false => tokio::time::timeout(SIZES, engine.sizes(&danger)).await.unwrap_or_else(|_| Ok(BTreeMap::new()))?,
    };
    Ok(Frame { sizes, ..bare_frame(engine) })
}

/// The same, with what the plan was made from and what was changed by hand.
///
/// # Errors
/// When the engine does not answer.
pub async fn frame<'e>(
    engine: &'e dyn Observer,
    desired: &Desired,
    options: &Options,
    look: &Look,
) -> Result<Frame<'e>, Failure> {
    let Look { observed, key, digests: _, plan } = look;
    // Before the first apply there is no key, and a digest without one would give secrets away.
    let spec_hash = observed.key.as_ref().map(|key| spec_hash(&execute::canonical(&desired.project, key)));
    Ok(Frame {
        spec_hash,
        snapshot: plan::snapshot(observed, key),
        drift: drift(engine, desired, options, observed).unwrap_or_default(),
        ..sized_frame(engine, plan).await?
    })
}

/// What differs in the configs that change: a request each. What cannot be read is only not told.
pub async fn contents(engine: &dyn Observer, desired: &Desired, look: &Look) -> Contents {
    let Look { observed, key, digests: _, plan } = look;
    let mut contents = Contents::new();
    let changed = plan::changed_configs(plan, &desired.project, observed);
    if changed.is_empty() {
        return contents;
    }
    let secrets = plan::secrets(&desired.project, observed);
    for config in changed {
        let Ok(parts) = engine.fetch(config.container, config.target).await else { continue };
        let found = held(parts, SHOWN).await.unwrap_or_default();
        if let [CopiedFile { kind: CopiedKind::File(found), .. }] = &found[..] {
            config.tell(found, key, &secrets, &mut contents);
        }
    }
    contents
}

fn spec_hash(canonical: &Value) -> String {
    blake3::hash(canonical.to_string().as_bytes()).to_hex().to_string()
}

/// What is not as the last apply left it. `None`: there is no record of one that can be read.
pub fn drift(engine: &dyn Observer, desired: &Desired, options: &Options, observed: &Observed) -> Option<Vec<Drift>> {
    // Without a key nothing was applied yet, so nothing can be compared either.
    let key = observed.key.as_ref()?;
    plan::drift(&Request {
        project: &desired.project,
        origins: &desired.origins,
        observed,
        rules: engine.rules(),
        key,
        digests: &BTreeMap::new(),
        bases: &BTreeMap::new(),
        options,
    })
}

/// What a look at a project covers.
pub fn scope(project: &Project) -> Scope {
    Scope {
        project: project.name.clone(),
        images: project.images(),
        networks: project.networks.values().map(|network| network.name.clone()).collect(),
        volumes: project.volumes.values().map(|volume| volume.name.clone()).collect(),
        programs: Some(project.providers.values().map(|provider| provider.program.clone()).collect()),
        models: !project.models.is_empty(),
        host: builds(project).any(|(_, build)| Store::Own.keeps(build, "").is_err())
            || project.services.values().any(plan::needs_host),
        guests: false,
        lenient: false,
    }
}

/// What a look covers at what should exist, or at a project of which only the name is known.
pub fn scope_of(desired: &Result<Desired, ProjectName>) -> Scope {
    match desired {
        Ok(desired) => scope(&desired.project),
        Err(name) => bare_scope(name),
    }
}

/// What a look at a project covers of which only the name is known.
pub fn bare_scope(name: &ProjectName) -> Scope {
    Scope::of(name.clone())
}

fn builds(project: &Project) -> impl Iterator<Item = (&ServiceName, &Build)> {
    project.services.iter().filter_map(|(name, service)| match &service.source {
        ImageSource::Build(build, _) => Some((name, &**build)),
        ImageSource::Pull(_) => None,
    })
}

/// What builds are made from.
#[derive(Debug, Default)]
struct Inputs {
    /// The digest of each build's inputs, those of its bases included.
    digests: BTreeMap<ServiceName, String>,
    /// The services whose images each build is made from.
    bases: BTreeMap<ServiceName, BTreeSet<ServiceName>>,
    /// Builds whose files cannot be read, and why.
    unreadable: BTreeMap<ServiceName, String>,
    /// What each Dockerfile has that Docker's classic builder does not read.
    only_buildkit: BTreeMap<ServiceName, Vec<String>>,
    /// Builds to which this machine cannot lend what they ask for, and why.
    unlent: BTreeMap<ServiceName, String>,
}

/// Reads the files of the builds of these services, and of those that they are made from.
async fn inputs(engine: &dyn Observer, desired: &Desired, services: &BTreeSet<ServiceName>) -> Inputs {
    let Desired { project, hashes, .. } = desired;
    let mut inputs = Inputs::default();
    let (mut own, mut images) = (BTreeMap::new(), BTreeMap::new());
    for (name, build) in builds(project) {
        let build = build.clone();
        let asked = tokio::task::spawn_blocking(move || context::asked(&build)).await;
        let asked = asked.expect("reading files does not panic");
        inputs.only_buildkit.extend(asked.iter().map(|asked| (name.clone(), asked.only_buildkit.clone())));
        images.insert(name.clone(), asked.map(|asked| asked.images));
    }
    inputs.bases = bases(project, &images);
    let wanted: BTreeSet<_> = services.iter().flat_map(|service| needed(project, &inputs.bases, service)).collect();
    for (name, build) in builds(project).filter(|(name, _)| wanted.contains(*name)) {
        if let Err(error) = engine.lends(build).await {
            inputs.unlent.insert(name.clone(), error.to_string());
        }
        let (build, hashes) = (build.clone(), hashes.clone());
        let digest = tokio::task::spawn_blocking(move || context::digest(&build, &hashes)).await;
        match digest.expect("reading files does not panic") {
            Ok(digest) => drop(own.insert(name.clone(), digest)),
            Err(error) => drop(inputs.unreadable.insert(name.clone(), error.to_string())),
        }
    }
    let hashes = hashes.clone();
    tokio::task::spawn_blocking(move || hashes.keep()).await.expect("writing files does not panic");
    inputs.digests = whole(&own, project, &inputs.bases);
    inputs
}

/// A service, and those whose images its build is made from.
fn needed(
    project: &Project,
    bases: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
    service: &ServiceName,
) -> BTreeSet<ServiceName> {
    let all: BTreeMap<_, _> = builds(project).collect();
    let (mut needed, mut open) = (BTreeSet::new(), vec![service.clone()]);
    while let Some(next) = open.pop() {
        let contexts = all.get(&next).into_iter().flat_map(|build| build.services());
        let others = contexts.chain(bases.get(&next).into_iter().flatten().cloned());
        open.extend(others.filter(|it| !needed.contains(it)));
        needed.insert(next);
    }
    needed
}

/// The services whose images each build is made from: those that its Dockerfile names or, where that cannot be read here,
/// those that its service depends on. What would close a ring is left out; the builder tells of it.
fn bases(
    project: &Project,
    images: &BTreeMap<ServiceName, Option<BTreeSet<String>>>,
) -> BTreeMap<ServiceName, BTreeSet<ServiceName>> {
    let built: BTreeMap<String, &ServiceName> =
        builds(project).map(|(name, _)| (usual(project.services[name].fixed.image.as_str()), name)).collect();
    let mut bases: BTreeMap<ServiceName, BTreeSet<ServiceName>> = BTreeMap::new();
    for (name, build) in builds(project) {
        let named: BTreeSet<ServiceName> = match images.get(name) {
            Some(Some(images)) => {
                let contexts = build.additional_contexts.values();
                let contexts = contexts.filter_map(|context| context.strip_prefix("docker-image://"));
                let images = images.iter().map(String::as_str).chain(contexts);
                images.filter_map(|image| built.get(&usual(image)).map(|other| (*other).clone())).collect()
            }
            Some(None) | None => project.services[name].depends_on.keys().cloned().collect(),
        };
        let is_built = |other: &ServiceName| built.values().any(|built| *built == other);
        let own: BTreeSet<ServiceName> = build.services().collect();
        for other in named.into_iter().filter(|other| is_built(other) && !own.contains(other)) {
            if !leads_to(project, &bases, &other, name) {
                bases.entry(name.clone()).or_default().insert(other);
            }
        }
    }
    bases
}

/// Whether one build is made from another, however far.
fn leads_to(
    project: &Project,
    bases: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
    from: &ServiceName,
    to: &ServiceName,
) -> bool {
    let (mut open, mut seen) = (vec![from.clone()], BTreeSet::new());
    while let Some(name) = open.pop() {
        if name == *to {
            return true;
        }
        if seen.insert(name.clone()) {
            open.extend(bases.get(&name).into_iter().flatten().cloned());
            if let Some(ImageSource::Build(build, _)) = project.services.get(&name).map(|service| &service.source) {
                open.extend(build.services());
            }
        }
    }
    false
}

/// One spelling of an image's name for all that mean the same.
fn usual(image: &str) -> String {
    let image = image.strip_prefix("docker.io/").unwrap_or(image);
    let image = image.strip_prefix("library/").unwrap_or(image);
    let name = image.rsplit('/').next().unwrap_or(image);
    if name.contains([':', '@']) { image.to_owned() } else { format!("{image}:latest") }
}

/// The digests with those of the images that the builds are made from. They make no ring.
fn whole(
    own: &BTreeMap<ServiceName, String>,
    project: &Project,
    bases: &BTreeMap<ServiceName, BTreeSet<ServiceName>>,
) -> BTreeMap<ServiceName, String> {
    let mut whole: BTreeMap<ServiceName, String> = BTreeMap::new();
    let mut open: Vec<ServiceName> = own.keys().cloned().collect();
    while let Some(name) = open.pop() {
        if whole.contains_key(&name) {
            continue;
        }
        let service = project.services.get(&name);
        let (Some(digest), Some(ImageSource::Build(build, _))) = (own.get(&name), service.map(|it| &it.source)) else {
            // It is pulled, or cannot be read: another name is another image.
            let image = service.map(|service| service.fixed.image.to_string());
            whole.insert(name, image.unwrap_or_default());
            continue;
        };
        let needed: BTreeSet<_> = build.services().chain(bases.get(&name).into_iter().flatten().cloned()).collect();
        let missing: Vec<_> = needed.iter().filter(|other| !whole.contains_key(*other)).cloned().collect();
        if missing.is_empty() {
            let others = needed.iter().filter_map(|other| whole.get(other).cloned());
            let joined = context::joined(digest, others);
            whole.insert(name, joined);
        } else {
            open.push(name);
            open.extend(missing);
        }
    }
    whole.retain(|name, _| own.contains_key(name));
    whole
}

/// Tells of builds whose files cannot be read: an error where one is to be built, else its image is taken as it is.
fn tell_unreadable(plan: &mut Plan, desired: &Desired, unreadable: &BTreeMap<ServiceName, String>) {
    let is_built = |name: &ServiceName| {
        plan.nodes
            .iter()
            .any(|node| matches!(&node.step, Step::Image(ImageStep::Build { service, .. }) if service == name))
    };
    let told = unreadable.iter().map(|(name, why)| {
        let told = match is_built(name) {
            true => Diagnostic::error(MISSING_CONTEXT, format!("service `{name}`: {why}"))
                .help("paths start from the spec's folder"),
            false => {
                let told = format!("service `{name}`: {why}; its image is taken as it is");
                Diagnostic::warning(MISSING_CONTEXT, told)
            }
        };
        match desired.origins.find(&Address::Service(name.clone()), "build") {
            Some(place) => told.at(place.clone(), "cannot be read"),
            None => told,
        }
    });
    let told: Vec<_> = told.collect();
    plan.diagnostics.extend(told);
}

/// Tells of builds that are to be made and that their builder could not make.
fn tell_unbuildable(plan: &mut Plan, desired: &Desired, rules: &Rules, inputs: &Inputs) {
    let mut told = Vec::new();
    for node in &plan.nodes {
        let Step::Image(ImageStep::Build { service, build, .. }) = &node.step else { continue };
        let asked = inputs.only_buildkit.get(service).filter(|asked| !asked.is_empty());
        let (field, found) = if let (Some(asked), Some(why)) = (asked, rules.unread(build)) {
            let found = format!("service {service}: the Dockerfile has {}, which {why}", asked.join(", "));
            let help = "take it out of the Dockerfile, or build with BuildKit: on another engine, or without DOCKER_BUILDKIT=0";
            ("build", Diagnostic::error(plan::code::LACKING, found).help(help))
        } else if let (Some(why), Ok(Builder::BuildKit)) = (inputs.unlent.get(service), rules.builder_of(build)) {
            ("build.ssh", Diagnostic::error(plan::code::LACKING, format!("service {service}: {why}")))
        } else {
            continue;
        };
        told.push(match desired.origins.find(&Address::Service(service.clone()), field) {
            Some(place) => found.at(place.clone(), "cannot be built here"),
            None => found,
        });
    }
    plan.diagnostics.extend(told);
}

/// A key of random bytes.
fn fresh_key() -> Result<Key, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::new(Kind::Error, format!("the system gives no random bytes: {error}")))?;
    Ok(Key::new(bytes))
}

/// Warns of binds whose source the engine will miss, where its host is this one.
pub fn missing_sources(context: &Context<'_>, engine: &dyn Observer, desired: &Desired) {
    if engine.rules().local {
        context.shell.diagnostics(&resolve::missing_sources(&desired.project, &desired.origins, &Disk));
    }
}

/// Prints what the plan cannot do, and ends there if it holds an error.
///
/// # Errors
/// When the spec asks for what this engine or world cannot give; nothing is done then.
pub fn refuse(context: &Context<'_>, plan: &Plan) -> Result<(), Failure> {
    if !plan.is_refused() {
        context.shell.diagnostics(&plan.diagnostics);
        return Ok(());
    }
    let protected = plan.diagnostics.iter().any(|diagnostic| diagnostic.code == plan::code::PROTECTED);
    let mut failure = Failure::invalid(plan.diagnostics.clone());
    if protected {
        failure.kind = Kind::Refused;
    }
    Err(failure)
}

/// Leaves a record of what these services are now and of what programs keep; all else stands as in the one before.
///
/// # Errors
/// When the engine will not; what the programs did stands all the same.
pub async fn note(
    context: &Context<'_>,
    engine: &dyn Engine,
    applied: execute::Applied<'_>,
) -> Result<(), EngineError> {
    execute::keep(engine, &execute::record(applied, now(), &process::by(&context.environment))).await
}

/// The time now.
pub fn now() -> Timestamp {
    Timestamp::now()
}
