//! The keys of a spec, typed: the Compose Specification of 2026-06 in its long forms, and `x-dsenv`.
//!
//! Short forms are expanded before these types are read, so each key has one shape here. Every key is optional to the
//! reader; what must be there is said by the checks, which know better words for it. How a value is printed follows
//! from its type: a plain value is left out when it is empty, false or zero, an `Option` is printed when it is `Some`
//! (an empty string never is).

mod attachment;
mod blkio;
mod build;
mod depends_on;
mod deploy;
mod develop;
mod device;
mod dsenv;
mod file;
mod grant;
mod healthcheck;
mod hook;
mod logging;
mod model;
mod mount;
mod network;
mod port;
mod provider;
mod service;
mod ulimit;
mod volume;

pub use attachment::Attachment;
pub use blkio::{Blkio, DeviceRate, DeviceWeight};
pub use build::Build;
pub use depends_on::{Condition, Dependency};
pub use deploy::{
    Deploy, DeployMode, DiscreteResource, EndpointMode, FailureAction, GenericResource, Placement, Preference,
    Resource, Resources, RestartCondition, RestartPolicy, UpdateConfig, UpdateOrder,
};
pub use develop::{Develop, Watch, WatchAction};
pub use device::{Device, DeviceRequest};
pub use dsenv::{Dsenv, ObjectDsenv, ServiceDsenv};
pub use file::FileObject;
pub use grant::Grant;
pub use healthcheck::Healthcheck;
pub use hook::Hook;
pub use logging::Logging;
pub use model::{Model, ModelUse};
pub use mount::{BindOptions, ImageOptions, Mount, MountKind, Recursive, Selinux, TmpfsOptions, VolumeOptions};
pub use network::{Ipam, IpamPool, Network};
pub use port::Port;
pub use provider::Provider;
pub use service::{CgroupNamespace, CredentialSpec, EnvFile, Service};
pub use ulimit::Ulimit;
pub use volume::Volume;
