//! The codes of what a plan finds: stable, one for each kind of mistake, each with its long form for `dsenv explain`.

use crate::diagnostic::codes;

codes! {
    CYCLE "DS0800" "services that wait for each other"
        "A dependency may come from `depends_on`, from links, `volumes_from`, or a borrowed namespace (`network_mode: service:…`). In a circle none of them could be the first. Take one of the edges away."
    NO_IMAGE "DS0801" "an image that is not there and may not be pulled"
        "With `pull_policy: never` the image must be on the engine already. Pull or load it by hand, or take the policy away."
    NO_NETWORK "DS0802" "an external network that is not there"
        "`external: true` says that somebody else makes the network. Make it (`docker network create NAME`), or take `external` away and dsenv makes it."
    FOREIGN_NETWORK "DS0803" "a network of that name that somebody else made"
        "dsenv uses the network as it is and never changes or removes it. Say `external: true` to make that plain, or choose another `name`."
    NO_VOLUME "DS0804" "an external volume that is not there"
        "`external: true` says that somebody else makes the volume. Make it (`docker volume create NAME`), or take `external` away and dsenv makes it."
    FOREIGN_VOLUME "DS0805" "a volume of that name that somebody else made"
        "dsenv uses the volume as it is and never changes or removes it. Say `external: true` to make that plain, or choose another `name`."
    PROTECTED "DS0806" "a change that would lose data"
        "Nothing of a volume can be changed after its birth, so another definition means another, empty volume. dsenv does nothing at all until you say what you want: give the old definition back, choose another name for the new volume, or name the volume with --destroy-data. --yes never covers data."
    HELD_VOLUME "DS0807" "a volume that something else holds"
        "A volume can only be removed when no container uses it, and this one is used by something that is not part of the plan. Remove that first."
    EXCLUDED "DS0808" "a dependency that is left out and not there"
        "--exclude leaves a service as it is, and one that does not exist cannot be waited for. Take the flag away, or exclude its dependents too."
    IN_USE "DS0809" "something of the project that others use"
        "What is not the project's own still uses it, so it is left."
    UNKNOWN_DATA "DS0810" "a volume that was named and is not there"
        "--destroy-data takes the name of a volume, as the file or the engine calls it."
    NAME_TAKEN "DS0811" "a container name that somebody keeps"
        "Two containers cannot have one name, and the one that has it is not part of the plan. Rename or remove it, or choose another `container_name`."
    LOST_CONTENT "DS0812" "a config or secret whose content is nowhere any more"
        "A record of an applied state names contents by digest and never holds them. They live on in a volume of dsenv's own for as long as the record is kept, and this one was removed. Apply a spec that has the content instead."
    TAKEN "DS0813" "a volume that has a name of dsenv's own"
        "dsenv keeps a lock, a key and records in volumes of the project, `PROJECT_dsenv_…`, and knows its own by name and label. What has only the name was made by somebody else, or lost its labels when the engine died; it is never used, changed or removed, and dsenv takes another name. Remove it by hand if nobody needs what is in it."
    NOT_PLANNED "DS0815" "a service that is named and left out"
        "--rerun and --replace are about services of the plan, and --target and --exclude have left this one out. Name it with --target too."
    LACKING "DS0820" "something that the engine or the machine at hand cannot do"
        "The field needs a later version of the Engine API than this engine speaks, or, in a `build`, BuildKit, which this engine builds without. A `provider` needs its program on this machine, `models` the model plug-in of the Docker CLI. Update or install what is missing, take the field away, or go on without it by `x-dsenv.lossy` or --allow-lossy."
    OPTION "DS0821" "an option of a provider"
        "A provider's program may tell which options it takes and which of them it needs (`PROGRAM compose metadata`). One that it needs is missing under `provider.options`, or one stands there that it knows nothing of."
    GIVEN "DS0822" "a variable that the file and somebody else set"
        "What a provider's program gives, or the runner of models, is set in the containers that depend on it and counts more than `environment`, as in Compose. Where the file sets the variable too, its value is never seen: take it away, or let the program name its variable otherwise."
}

#[cfg(test)]
mod tests {
    #[test]
    fn codes_are_sorted_and_stand_once() {
        assert!(super::ALL.is_sorted_by(|a, b| a.code < b.code));
    }
}
