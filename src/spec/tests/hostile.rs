//! Texts that were made to hurt: a clear mistake, soon, and no panic.

use proptest::prelude::*;

use super::{one, project};
use crate::spec::{dotenv, load};

#[test]
fn what_grows_without_end_is_refused() {
    let mut laugh = "x-a: &a [l, l, l, l, l, l, l, l, l]\n".to_owned();
    for (name, of) in ('b'..='i').zip('a'..) {
        let aliases = vec![format!("*{of}"); 9].join(", ");
        laugh.push_str(&format!("x-{name}: &{name} [{aliases}]\n"));
    }
    assert!(one(&laugh).mistakes().contains("aliases add more than 100000 values"));
    assert!(one(&format!("a: {}", "[".repeat(5000))).mistakes().contains("DS010"));
    let ports = vec!["'1-65535'"; 20].join(", ");
    assert!(one(&format!("services: {{a: {{image: x, ports: [{ports}]}}}}")).mistakes().contains("30000 ports"));
    let nested = "${A:-".repeat(1000) + &"}".repeat(1000);
    assert!(one(&format!("services: {{a: {{image: '{nested}'}}}}")).mistakes().contains("nest more than"));
}

#[test]
fn what_leads_back_to_itself_is_refused() {
    assert!(one("services: &a {s: {image: x, x-q: *a}}").mistakes().contains("DS0105"));
    let files = [("a.yaml", "include: [b.yaml]\nservices: {}"), ("b.yaml", "include: [a.yaml]\nservices: {}")];
    assert!(project(&files).mistakes().contains("a.yaml → b.yaml → a.yaml"));
    let chain: String = (1..3000).map(|i| format!("  s{i}: {{extends: s{}}}\n", i - 1)).collect();
    assert!(
        one(&format!("services:\n  s0: {{image: x}}\n  z: {{extends: s2999}}\n{chain}")).mistakes().contains("DS0")
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}a-c:,\\-&*!|>'\"#$ \n\u{e9}]{0,120}") {
        let project = one(&text);
        let _ = load(&project.request, &project.files);
    }

    #[test]
    fn no_service_makes_the_reader_panic(key in "(ports|volumes|command|environment|build|networks|extra_hosts|healthcheck|devices|gpus|deploy)", value in "[\\[\\]{}a-c:,0-9/$=\\- ]{0,60}") {
        let project = one(&format!("services: {{a: {{image: x, {key}: {value}}}}}"));
        let _ = load(&project.request, &project.files);
    }

    #[test]
    fn no_file_of_variables_makes_the_reader_panic(text in "[A-C=:'\"\\\\#$\\{\\} \n\u{e9}0-9nx]{0,80}") {
        let _ = dotenv::parse(&text, dotenv::Format::Dotenv, std::collections::BTreeMap::new(), &|_| None);
    }

    #[test]
    fn no_two_files_make_the_merge_panic(below in "[\\[\\]{}a-c:,!reset ]{0,60}", above in "[\\[\\]{}a-c:,!override ]{0,60}") {
        let below = format!("services: {{a: {{image: x, labels: {below}}}}}");
        let above = format!("services: {{a: {{image: x, labels: {above}}}}}");
        let project = project(&[("a.yaml", &below), ("b.yaml", &above)]).specs(&["a.yaml", "b.yaml"]);
        let _ = load(&project.request, &project.files);
    }
}
