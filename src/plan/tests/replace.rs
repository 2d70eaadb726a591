//! Replacements.

use insta::assert_snapshot;

use super::lab::{env, lab};

#[test]
fn a_changed_variable_replaces_the_container() {
    let old = lab().service("web", |web| env(web, "DEBUG", "1"));
    let new = old.clone().service("web", |web| env(web, "DEBUG", "0"));
    assert_snapshot!(new.text(&old.applied()), @r#"
    = network.default lab_default
    ± service.web[1] lab-web-1: environment.DEBUG: "1" → "0"
      hazard: web stops
    #1 create lab-web-1.next on lab_default (web)
    #2 stop lab-web-1 after #1
    #3 start lab-web-1.next after #2
    #4 wait lab-web-1.next until ready (1s, at most 600s) after #3
    #5 collect logs lab-web-1.next if #2 #3 #4 failed
    #6 stop lab-web-1.next if #2 #3 #4 failed after #5
    #7 start lab-web-1 if #2 #3 #4 failed after #6
    #8 wait lab-web-1 until ready (1s, at most 600s) if #2 #3 #4 failed after #7
    #9 remove lab-web-1.next if #2 #3 #4 failed after #8
    #10 remove lab-web-1 after #4
    #11 rename lab-web-1.next to lab-web-1 after #10
    "#);
}
