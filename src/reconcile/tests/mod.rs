//! The state machine, input by input: each test is a table of what happens, when, and what is asked for then.

mod files;
mod healing;
mod lab;
mod quit;
mod spec_change;
