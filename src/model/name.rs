//! A newtype for every kind of name, so that none is taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a name that was checked where it was read.
            pub fn new(name: impl Into<String>) -> Self {
                Self(name.into())
            }

            /// The bare text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }
    )*};
}

names! {
    /// The project: prefix of every name on the engine, value of the project label. `[a-z0-9][a-z0-9_-]*`.
    ProjectName;
    /// A service, as the file calls it.
    ServiceName;
    /// A network, as the file calls it (`default`).
    NetworkKey;
    /// A network, as the engine calls it (`lab_default`).
    NetworkName;
    /// A language model, as the file calls it.
    ModelKey;
    /// A volume, as the file calls it (`data`).
    VolumeKey;
    /// A volume, as the engine calls it (`lab_data`).
    VolumeName;
    /// Something of dsenv's own that an engine keeps (`lab_dsenv_key`).
    NoteName;
    /// A container, without the leading slash (`lab-web-1`).
    ContainerName;
    /// An image reference as the user wrote it: name, tag, digest or id.
    ImageRef;
}
