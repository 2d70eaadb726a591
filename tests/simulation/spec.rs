//! Random specs that are valid and can come up, and edits of them.

use std::fmt;

use super::chance::Chance;

const NAMES: [&str; 5] = ["api", "cache", "db", "job", "web"];

/// A spec: its services by number, and what a label of each network says.
#[derive(Debug, Clone)]
pub struct Spec {
    services: [Option<Service>; 5],
    internal: [bool; 2],
    history: usize,
}

/// One service; each number chooses among a few values, 0 is the key's absence.
#[derive(Debug, Clone, Default)]
struct Service {
    image: usize,
    variable: usize,
    scale: usize,
    order: usize,
    action: usize,
    parallelism: usize,
    back: usize,
    memory: usize,
    restart: usize,
    volume: usize,
    anonymous: bool,
    port: usize,
    network: usize,
    alias: usize,
    config: usize,
    secret: usize,
    name: bool,
    healthy: usize,
    drain: usize,
    hooks: usize,
    /// Earlier services that it needs, and how.
    needs: [usize; 5],
    /// The earlier service whose network it shares.
    shares: Option<usize>,
}

impl Spec {
    pub fn random(chance: &mut Chance) -> Self {
        let mut spec = Self { services: Default::default(), internal: [false; 2], history: chance.below(4) };
        for number in 0..NAMES.len() {
            if !chance.one_in(4) {
                spec.services[number] = Some(Service::random(chance));
            }
        }
        for _ in 0..chance.below(6) {
            spec.edit(chance);
        }
        spec
    }

    pub fn edited(&self, chance: &mut Chance) -> Self {
        let mut spec = self.clone();
        for _ in 0..chance.below(5) {
            spec.edit(chance);
        }
        spec
    }

    fn edit(&mut self, chance: &mut Chance) {
        if chance.one_in(12) {
            self.internal[chance.below(2)] ^= true;
        }
        let number = chance.below(NAMES.len());
        let Some(service) = &mut self.services[number] else {
            self.services[number] = chance.one_in(2).then(|| Service::random(chance));
            return;
        };
        match chance.below(24) {
            0 | 1 => service.variable = chance.below(4),
            2 => service.image = chance.below(3),
            3 => service.scale = chance.below(5),
            4 | 5 => service.order = chance.below(3),
            6 => service.action = chance.below(4),
            7 => service.parallelism = chance.below(4),
            8 => service.back = chance.below(3),
            9 => service.memory = chance.below(3),
            10 => service.restart = chance.below(5),
            11 => service.volume = chance.below(3),
            12 => service.anonymous ^= true,
            13 => service.port = chance.below(3),
            14 => service.network = chance.below(4),
            15 => service.alias = chance.below(3),
            16 => service.config = chance.below(4),
            17 => service.secret = chance.below(3),
            18 => service.name ^= true,
            19 => service.healthy = chance.below(3),
            20 => service.hooks = chance.below(4),
            21 => service.needs[chance.below(NAMES.len())] = chance.below(6),
            22 => service.shares = chance.one_in(2).then(|| chance.below(NAMES.len())),
            _ => self.services[number] = None,
        }
    }

    /// The service that this one shares a network with, if both can.
    fn shared(&self, number: usize) -> Option<usize> {
        let owner = self.services[number].as_ref()?.shares.filter(|owner| *owner < number)?;
        let lends = self.services[owner].as_ref().is_some_and(|service| service.replicas(owner) > 0);
        (lends && owner != JOB && number != JOB && self.shared(owner).is_none()).then_some(owner)
    }
}

const JOB: usize = 3;

impl Service {
    fn random(chance: &mut Chance) -> Self {
        Self {
            variable: chance.below(3),
            scale: chance.pick(&[0, 0, 0, 2]),
            order: chance.below(3),
            volume: chance.pick(&[0, 0, 1, 2]),
            restart: chance.below(5),
            port: chance.pick(&[0, 0, 1, 2]),
            network: chance.below(3),
            config: chance.pick(&[0, 0, 1]),
            healthy: chance.below(3),
            drain: chance.below(2),
            needs: std::array::from_fn(|_| chance.pick(&[0, 0, 1, 2])),
            ..Self::default()
        }
    }

    /// How many containers. Some keys allow only one.
    fn replicas(&self, number: usize) -> usize {
        match self.scale {
            0 => 1,
            _ if self.name || self.port > 0 || number == JOB => 1,
            scale => scale - 1,
        }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { services, internal, history } = self;
        writeln!(f, "name: lab\nx-dsenv: {{history: {}}}\nservices:", history + 1)?;
        if services.iter().all(Option::is_none) {
            writeln!(f, "  lone: {{image: busybox}}")?;
        }
        for (number, service) in services.iter().enumerate() {
            if let Some(service) = service {
                self.service(f, number, service)?;
            }
        }
        writeln!(f, "networks:\n  front: {{internal: {}}}\n  back: {{internal: {}}}", internal[0], internal[1])?;
        writeln!(f, "volumes:\n  one: {{}}\n  two: {{}}")?;
        writeln!(f, "configs:")?;
        (1..4).try_for_each(|text| writeln!(f, "  c{text}: {{content: text {text}}}"))?;
        writeln!(f, "secrets:")?;
        (1..3).try_for_each(|text| writeln!(f, "  s{text}: {{environment: SECRET{text}}}"))
    }
}

impl Spec {
    fn service(&self, f: &mut fmt::Formatter<'_>, number: usize, service: &Service) -> fmt::Result {
        let Service {
            image,
            variable,
            scale: _,
            order,
            action,
            parallelism,
            back,
            memory,
            restart,
            volume,
            anonymous,
            port,
            network,
            alias,
            config,
            secret,
            name,
            healthy,
            drain,
            hooks,
            needs,
            shares: _,
        } = service;
        let shared = self.shared(number);
        let is_job = number == JOB;
        let images = ["busybox", "nginx", "redis"];
        writeln!(f, "  {}:\n    image: {}", NAMES[number], images[*image])?;
        let behaviour = match healthy {
            _ if is_job => "exit:0:1s",
            1 => "healthy:3s",
            _ => "serve",
        };
        writeln!(f, "    environment: {{V: '{variable}', DSENV_TWIN: '{behaviour}'}}")?;
        if *healthy > 0 && !is_job {
            writeln!(f, "    healthcheck: {{test: 'true', interval: 1s}}")?;
        }
        let orders = ["", "order: stop-first, ", "order: start-first, "];
        let actions = ["", "failure_action: rollback, ", "failure_action: pause, ", "failure_action: continue, "];
        writeln!(
            f,
            "    deploy: {{replicas: {}, update_config: {{{}{}parallelism: {parallelism}}}, rollback_config: {{{}parallelism: {back}}}}}",
            service.replicas(number),
            orders[*order],
            actions[*action],
            orders[(*order + *back) % 3],
        )?;
        if *memory > 0 {
            writeln!(f, "    mem_limit: {}m", 64 * memory)?;
        }
        if !is_job {
            let restarts = ["'no'", "always", "unless-stopped", "on-failure", "'on-failure:2'"];
            writeln!(f, "    restart: {}", restarts[*restart])?;
        }
        let mut volumes = Vec::new();
        volumes.extend(["", "one:/data", "two:/data"].get(*volume).filter(|text| !text.is_empty()).copied());
        volumes.extend(anonymous.then_some("/cache"));
        if !volumes.is_empty() {
            writeln!(f, "    volumes: ['{}']", volumes.join("', '"))?;
        }
        match shared {
            Some(owner) => writeln!(f, "    network_mode: 'service:{}'", NAMES[owner])?,
            None => {
                if *port > 0 && !self.services[..number].iter().flatten().any(|other| other.port == *port) {
                    writeln!(f, "    ports: ['{}:80']", 8079 + port)?;
                }
                let networks = ["default", "front", "back", "front back"][*network].split(' ');
                let networks: Vec<_> = networks.map(|network| format!("{network}: {{aliases: [a{alias}]}}")).collect();
                writeln!(f, "    networks: {{{}}}", networks.join(", "))?;
            }
        }
        if *config > 0 {
            writeln!(f, "    configs: [{{source: c{config}, target: /etc/c}}]")?;
        }
        if *secret > 0 {
            writeln!(f, "    secrets: [s{secret}]")?;
        }
        if *name && service.replicas(number) == 1 {
            writeln!(f, "    container_name: my-{}", NAMES[number])?;
        }
        if *hooks & 1 > 0 && !is_job {
            writeln!(f, "    post_start: [{{command: 'true'}}]")?;
        }
        if *hooks & 2 > 0 && !is_job {
            writeln!(f, "    pre_stop: [{{command: 'true'}}]")?;
        }
        writeln!(f, "    x-dsenv: {{job: {is_job}, drain: {drain}s}}")?;
        self.depends_on(f, number, needs)
    }

    fn depends_on(&self, f: &mut fmt::Formatter<'_>, number: usize, needs: &[usize; 5]) -> fmt::Result {
        let mut all = Vec::new();
        for (needed, how) in needs.iter().enumerate().take(number).filter(|(_, how)| **how > 0) {
            let Some(service) = &self.services[needed] else { continue };
            let condition = match how {
                _ if needed == JOB => "service_completed_successfully",
                2 if service.healthy > 0 => "service_healthy",
                _ => "service_started",
            };
            let (restart, required) = (how % 2 == 1 && needed != JOB, *how < 4);
            all.push(format!(
                "{}: {{condition: {condition}, restart: {restart}, required: {required}}}",
                NAMES[needed]
            ));
        }
        if all.is_empty() { Ok(()) } else { writeln!(f, "    depends_on: {{{}}}", all.join(", ")) }
    }
}
