//! Files of variables, `include`, profiles, names.

use super::{one, project};

#[test]
fn variables_of_files_yield_to_the_environment_of_the_service() {
    let spec = "services: {web: {image: a, env_file: [a.env, {path: none, required: false}], environment: {A: spec}}}";
    let printed =
        project(&[("env.yaml", spec), ("a.env", "A=file\nB=\"x $HOME\"\nC=${A}\n")]).print("/services/web/environment");
    insta::assert_snapshot!(printed, @r"
    A: spec
    B: x /home/lab
    C: spec
    ");
}

#[test]
fn an_included_project_has_its_own_folder_and_variables() {
    let files = [
        ("env.yaml", "include: [sub/c.yaml]\nservices: {web: {image: 'w:${V:-none}', depends_on: [db]}}"),
        ("sub/c.yaml", "services: {db: {image: 'd:${V}', volumes: ['./d:/d']}}"),
        ("sub/.env", "V=sub"),
    ];
    let loaded = project(&files).loaded();
    assert_eq!(loaded.spec.services["web"].image.as_deref(), Some("w:none"));
    assert_eq!(loaded.spec.services["db"].image.as_deref(), Some("d:sub"));
    assert_eq!(loaded.spec.services["db"].volumes[0].source.as_deref(), Some("/lab/sub/d"));
}

#[test]
fn services_of_inactive_profiles_are_kept_apart_and_not_checked() {
    let text = "services: {a: {image: x}, b: {profiles: [p], networks: [nope]}}";
    let spec = one(text).loaded().spec;
    assert!(spec.services.contains_key("a") && !spec.services.contains_key("b") && spec.inactive.contains_key("b"));
    insta::assert_snapshot!(one(text).profile("p").mistakes(), @r"
    env.yaml:1:27 service `b` has neither `image` nor `build` [DS0501] | name an image, or say how to build one
    env.yaml:1:57 service `b` joins the network `nope`, which is not defined [DS0502] | define it: `networks: {nope: {}}`
    ");
}

#[test]
fn a_dependency_on_an_inactive_profile_names_the_flag() {
    let text = "services: {a: {image: x, depends_on: [b]}, b: {image: x, profiles: [p]}}";
    insta::assert_snapshot!(one(text).mistakes(), @"env.yaml:1:39 service `a` needs `b`, whose profile is off [DS0508] | switch it on with `--profile p`, or make the dependency `required: false`");
}

#[test]
fn the_name_is_asked_for_or_written_or_the_folders() {
    assert_eq!(one("services: {}").loaded().spec.name, "lab");
    assert_eq!(one("name: My-${V:-x}\nservices: {}").loaded().spec.name, "my-x");
    assert_eq!(one("name: '${V}'\nservices: {}").set("V", "set").loaded().spec.name, "set");
}

#[test]
fn what_config_prints_of_limits_of_zero_is_read_again() {
    let text = "services: {a: {image: x, ulimits: {nofile: {soft: 0, hard: 5}, core: {soft: 0, hard: 0}, nproc: 0}}}";
    let printed = crate::yaml::print(&super::emit::spec(&one(text).loaded().spec, super::Audience::Yaml));
    assert!(printed.contains("soft: 0\n        hard: 5"), "{printed}");
    assert_eq!(one(&printed).loaded().spec, one(text).loaded().spec);
}

#[test]
fn a_block_ends_as_the_text_does() {
    for (text, command) in
        [("|\n  a\n  b", "a\nb"), ("|\n  a\n", "a\n"), (">\n  a\n ", "a\n"), ("|+\n  a", "a"), (">-\n  a\n  b", "a b")]
    {
        let spec = format!("services: {{s: {{image: x}}}}\nx-a: {text}");
        let loaded = one(&spec).loaded();
        assert_eq!(loaded.tree.get("x-a").and_then(|node| node.as_text()), Some(command), "{text}");
    }
}

#[test]
fn paths_are_absolute_and_includes_are_in_though_no_variable_is_replaced() {
    let files = [
        (
            "env.yaml",
            "include: [sub/c.yaml]\nservices: {a: {build: ./app}, b: {build: {context: '${C}/x'}, volumes: ['./${D}:/d', '${V}:/v']}}",
        ),
        ("sub/c.yaml", "services: {c: {build: {dockerfile: D}}}"),
    ];
    let project = project(&files);
    let (tree, _) = crate::spec::raw(&project.request, &project.files).expect("it is valid");
    let printed = crate::yaml::to_json(tree.get("services").expect("services"));
    let of = |pointer: &str| printed.pointer(pointer).and_then(|value| value.as_str()).map(str::to_owned);
    assert_eq!(of("/a/build/context").as_deref(), Some("/lab/app"));
    assert_eq!(of("/b/build/context").as_deref(), Some("/lab/${C}/x"));
    assert_eq!(of("/c/build/context").as_deref(), Some("/lab/sub"));
    assert_eq!(of("/b/volumes/1").as_deref(), Some("${V}:/v"));
}
