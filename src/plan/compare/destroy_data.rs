//! Which volumes the user means with the names behind `--destroy-data`: what the engine calls them, or the file.

use std::collections::{BTreeMap, BTreeSet};

use super::sides::Sides;
use crate::diagnostic::Diagnostic;
use crate::model::{VolumeKey, VolumeName};
use crate::plan::vocabulary::code;

/// The volumes that there may be data in, each with the keys that it goes by.
#[derive(Debug, Default)]
pub struct Candidates<'a>(BTreeMap<&'a VolumeName, BTreeSet<&'a VolumeKey>>);

impl<'a> Candidates<'a> {
    /// The volumes that a name behind `--destroy-data` can mean in a plan: those of the file, and those that are there.
    pub fn both(sides: &Sides<'a>) -> Self {
        let spec = sides.request.project.volumes.iter().map(|(key, volume)| (&volume.name, Some(key)));
        let found = sides.request.observed.volumes.iter().filter(|volume| volume.ours);
        Self::of(spec.chain(found.map(|volume| (&volume.name, volume.key.as_ref()))))
    }

    /// Of these.
    pub fn of(volumes: impl IntoIterator<Item = (&'a VolumeName, Option<&'a VolumeKey>)>) -> Self {
        let mut all = Self::default();
        for (name, key) in volumes {
            all.0.entry(name).or_default().extend(key);
        }
        all
    }

    /// The volumes that a name can mean. With more than one the user has to say more.
    pub fn meant(&self, named: &VolumeName) -> BTreeSet<&'a VolumeName> {
        let is = |name: &VolumeName, keys: &BTreeSet<&VolumeKey>| {
            name == named || keys.iter().any(|key| key.as_str() == named.as_str())
        };
        self.0.iter().filter(|(name, keys)| is(name, keys)).map(|(name, _)| *name).collect()
    }

    /// A name that means this volume and no other, if there is one.
    pub fn spelling(&self, volume: &VolumeName) -> Option<VolumeName> {
        let keys = self.0.get(volume).into_iter().flatten().map(|key| VolumeName::new(key.as_str()));
        [volume.clone()].into_iter().chain(keys).find(|name| self.meant(name).len() == 1)
    }

    /// Says that a name means several.
    pub fn ambiguous(&self, named: &VolumeName, meant: &BTreeSet<&VolumeName>) -> Diagnostic {
        let one = |volume: &&VolumeName| match self.0[*volume].iter().next() {
            Some(key) => format!("{volume} (volume {key})"),
            None => volume.to_string(),
        };
        let list = meant.iter().map(one).collect::<Vec<_>>().join(" and ");
        let told = format!("{named} is the name of more than one volume: {list}; nothing is destroyed");
        let spellings: Vec<_> = meant.iter().filter_map(|volume| self.spelling(volume)).collect();
        let help = match &spellings[..] {
            [] => "rename one of them in the file, or remove one by hand with `docker volume rm`".to_owned(),
            names => format!(
                "say which: {}",
                names.iter().map(|name| format!("`--destroy-data {name}`")).collect::<Vec<_>>().join(" or ")
            ),
        };
        Diagnostic::error(code::UNKNOWN_DATA, told).help(help)
    }
}

/// Whether the user named this volume, and no other with it, as one whose data may go.
pub fn may_destroy(sides: &Sides, name: &VolumeName) -> bool {
    let candidates = Candidates::both(sides);
    sides.request.options.destroy_data.iter().any(|named| {
        let meant = candidates.meant(named);
        meant.len() == 1 && meant.contains(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_one_volumes_name_and_anothers_key_means_both() {
        let [p_data, data, old, key, other] = ["p_p-data", "p-data", "p_old", "p-data", "other"];
        let names = [p_data, data, old].map(VolumeName::new);
        let keys = [key, other].map(VolumeKey::new);
        let all =
            Candidates::of([(&names[0], Some(&keys[0])), (&names[1], Some(&keys[1])), (&names[2], Some(&keys[1]))]);
        let meant =
            |name: &str| all.meant(&VolumeName::new(name)).into_iter().map(VolumeName::as_str).collect::<Vec<_>>();
        assert_eq!(meant("p-data"), ["p-data", "p_p-data"]);
        assert_eq!(meant("other"), ["p-data", "p_old"], "two of one key");
        assert_eq!(meant("p_old"), ["p_old"]);
        assert_eq!(meant("nothing"), [""; 0]);
        assert_eq!(all.spelling(&names[0]), Some(names[0].clone()));
        assert_eq!(all.spelling(&names[1]), None, "its name and its key mean others, too");
    }
}
