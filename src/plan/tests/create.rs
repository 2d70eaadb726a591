//! From nothing, and nothing to do.

use insta::assert_snapshot;

use super::lab::{lab, mount, with_images};
use super::world::World;
use crate::model::Condition;

#[test]
fn a_service_from_nothing() {
    let lab = lab().service("web", |web| mount(web, "lab_data", "/data"));
    assert_snapshot!(lab.text(&World::default()), @r"
    ↓ image.nginx nginx: missing
    + network.default lab_default: missing
    + volume.data lab_data: missing
    + service.web[1] lab-web-1: missing
    #1 create volume lab_data
    #2 create network lab_default
    #3 pull nginx
    #4 create volume lab_dsenv_key
    #5 create lab-web-1 on lab_default (web) after #1 #2 #3 #4
    #6 start lab-web-1 after #5
    #7 wait lab-web-1 until ready (1s, at most 600s) after #6
    #8 collect logs lab-web-1 if #6 #7 failed
    ");
}

#[test]
fn a_dependent_starts_when_the_gate_of_what_it_needs_is_passed() {
    let lab = lab().service("db", |_| {}).needing("web", "db", Condition::ServiceStarted);
    assert_snapshot!(lab.text(&with_images(&["nginx"])), @r"
    + network.default lab_default: missing
    + service.db[1] lab-db-1: missing
    + service.web[1] lab-web-1: missing
    #1 create network lab_default
    #2 create lab-db-1 on lab_default (db) after #1
    #3 start lab-db-1 after #2
    #4 wait lab-db-1 until ready (1s, at most 600s) after #3
    #5 collect logs lab-db-1 if #3 #4 failed
    #6 create lab-web-1 on lab_default (web) after #1
    #7 start lab-web-1 after #4 #6
    #8 wait lab-web-1 until ready (1s, at most 600s) after #7
    #9 collect logs lab-web-1 if #7 #8 failed
    ");
}

#[test]
fn what_was_applied_is_no_change() {
    let lab = lab().service("db", |db| mount(db, "lab_data", "/data")).needing("web", "db", Condition::ServiceHealthy);
    assert_snapshot!(lab.text(&lab.applied()), @r"
    = network.default lab_default
    = volume.data lab_data
    = service.db[1] lab-db-1
    = service.web[1] lab-web-1
    no steps
    ");
}
