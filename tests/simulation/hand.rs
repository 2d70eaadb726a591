//! What somebody does behind dsenv's back.

use dsenv::engine::memory::Memory;
use dsenv::model::Tunable;
use dsenv::state::label::Labels;

use super::chance::Chance;
use super::lab;

/// A few deeds, told in words. What the engine refuses was tried.
pub fn meddle(engine: &Memory, chance: &mut Chance) -> Vec<String> {
    (0..chance.below(4)).map(|number| deed(engine, chance, number)).collect()
}

fn deed(engine: &Memory, chance: &mut Chance, number: usize) -> String {
    let all = lab::containers(engine);
    if all.is_empty() {
        return "nothing".to_owned();
    }
    let name = &all[chance.below(all.len())];
    let id = &engine.container(name).unwrap();
    let network = chance.pick(&["lab_default", "lab_front", "lab_back"]);
    let (what, result) = match chance.below(11) {
        0 => ("stop", engine.stop(id)),
        1 => ("kill", engine.kill(id)),
        2 => ("die", engine.die(id, 1)),
        3 => ("pause", engine.pause(id)),
        4 => ("rm -f", engine.remove(id)),
        5 => ("rename", engine.rename(id, &format!("renamed-{number}"))),
        6 => ("network disconnect", engine.disconnect(id, network)),
        7 => {
            let tunable = Tunable { memory: Some(96 << 20), memory_swap: Some(192 << 20), ..Tunable::default() };
            ("update", engine.docker_update(id, tunable))
        }
        8 => ("volume create", engine.create_volume(&format!("mine-{number}"), &Labels::new())),
        9 => ("network create", engine.create_network(&format!("mine-{number}"), &Labels::new()).map(drop)),
        _ => ("restart of the engine", engine.restart_engine()),
    };
    format!("{what} ({name}, {network}): {result:?}")
}
