//! The exit codes: a contract with scripts, stable from the first release.
//!
//! When several apply, the first of this order is taken: 130, 6, 5, 4, 7, then 9, 3, 8, and 1 last.

use crate::command::{Failure, Kind, Outcome};

/// Success, or nothing to do.
pub const SUCCESS: u8 = 0;
/// An internal error, or the engine could not be reached or refused.
pub const ERROR: u8 = 1;
/// Changes are present (`plan --detailed-exitcode`, `drift`).
pub const CHANGES: u8 = 2;
/// Some steps were done and some failed; run again to resume.
pub const PARTIAL: u8 = 3;
/// The spec or the command line is invalid; nothing was done.
pub const INVALID: u8 = 4;
/// The saved plan no longer fits what the engine runs.
pub const STALE_PLAN: u8 = 5;
/// Someone else holds the lock of this environment.
pub const LOCKED: u8 = 6;
/// Refused: data is protected, or a confirmation is missing.
pub const REFUSED: u8 = 7;
/// A time limit passed before everything was ready.
pub const DEADLINE: u8 = 8;
/// A step failed and what it replaced was put back.
pub const ROLLED_BACK: u8 = 9;
/// Interrupted by a signal.
pub const INTERRUPTED: u8 = 130;

/// The table that `--help` ends with.
pub const HELP: &str = "\
Exit codes:
  0    success, or nothing to do
  1    no engine, it failed, or an internal error
  2    there are changes (drift, and plan --detailed-exitcode)
  3    some steps failed, the rest was done; run again to go on
  4    the spec or the command line is invalid; nothing was done
  5    the saved plan no longer fits
  6    another dsenv is at work on the same environment
  7    refused: data is in danger, or nobody confirmed
  8    a time limit passed before all was ready
  9    a step failed, and what it replaced was put back
  130  interrupted";

/// The code of a verb's result.
pub fn code(result: &Result<Outcome, Failure>) -> u8 {
    match result {
        Ok(Outcome::Done) => SUCCESS,
        Ok(Outcome::Changes) => CHANGES,
        Ok(Outcome::Exit(code)) => *code,
        Err(failure) => match failure.kind {
            Kind::Error => ERROR,
            Kind::Partial => PARTIAL,
            Kind::Invalid => INVALID,
            Kind::StalePlan => STALE_PLAN,
            Kind::Locked => LOCKED,
            Kind::Refused => REFUSED,
            Kind::Deadline => DEADLINE,
            Kind::RolledBack => ROLLED_BACK,
            Kind::Interrupted => INTERRUPTED,
        },
    }
}
