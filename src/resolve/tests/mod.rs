//! Every attribute of a service, and what it makes of the model.

mod life;
mod limits;
mod network;
mod origins;
mod process;
mod project;
mod rights;
mod storage;
