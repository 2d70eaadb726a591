//! Files that were made to hurt: a clear answer for each, within bounds of memory and processor time, and no panic.
//!
//! The binary runs under limits that the kernel holds it to. The bounds are those of an unoptimised build on a busy machine;
//! an optimised one needs a fifth.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Address space in KiB, the program itself included.
const MEMORY: u32 = 400 * 1024;
/// What a file that is refused for its size may cost in KiB, the program itself not included.
const LITTLE: u32 = 72 * 1024;
/// Processor seconds.
const SECONDS: u32 = 20;

/// Runs `validate` in a folder under the limits.
fn validate(folder: &Path, input: &[u8], flags: &[&str], variables: &[(&str, &str)]) -> Output {
    validate_within(&format!("-v {MEMORY}"), folder, input, flags, variables)
}

/// Runs `validate` in a folder under a limit of the shell's, and that of time.
fn validate_within(limit: &str, folder: &Path, input: &[u8], flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("ulimit {limit}; ulimit -t {SECONDS}; exec \"$0\" \"$@\""));
    command.arg(env!("CARGO_BIN_EXE_dsenv")).args(flags).arg("validate");
    command.current_dir(folder).env_clear().env("HOME", "/home/lab").envs(variables.iter().copied());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // What stops reading early closes the pipe.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// What is said of a project whose spec is `env.yaml`: the exit code, and a text of sensible length.
fn said(files: &[(&str, &[u8])], variables: &[(&str, &str)]) -> (i32, String) {
    let scratch = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(scratch.path().join(name), bytes).unwrap();
    }
    answer(&validate(scratch.path(), b"", &[], variables))
}

fn answer(output: &Output) -> (i32, String) {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    let code = output.status.code().unwrap_or_else(|| panic!("{}: {text}", output.status));
    assert!(!text.contains("panicked") && text.len() < 400_000, "{} bytes: {text:.2000}", text.len());
    (code, text)
}

#[track_caller]
fn refused(spec: &str, why: &str) {
    refused_with(&[("env.yaml", spec.as_bytes())], why);
}

#[track_caller]
fn refused_with(files: &[(&str, &[u8])], why: &str) {
    let (code, text) = said(files, &[]);
    assert!(code == 4 && text.contains(why), "exit {code}, expected `{why}`: {text:.2000}");
}

/// What is too much is refused before it costs memory.
#[track_caller]
fn refused_early(spec: &str, why: &str) {
    let scratch = tempfile::tempdir().unwrap();
    fs::write(scratch.path().join("env.yaml"), spec).unwrap();
    let (code, text) = answer(&validate_within(&format!("-d {LITTLE}"), scratch.path(), b"", &[], &[]));
    assert!(code == 4 && text.contains(why), "exit {code}, expected `{why}`: {text:.2000}");
}

const SERVICE: &str = "services:\n  a:\n    image: x\n";

/// Lines of a number each.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut laugh = "x-a: &a [l, l, l, l, l, l, l, l, l]\n".to_owned();
    for (name, of) in ('b'..='i').zip('a'..) {
        writeln!(laugh, "x-{name}: &{name} [{}]", vec![format!("*{of}"); 9].join(", ")).unwrap();
    }
    refused(&(laugh + SERVICE), "aliases add more than 100000 values");
    let merges = lines(20, |i| format!("x-{}: &a{} {{<<: *a{i}, k: [*a{i}, *a{i}]}}\n", i + 1, i + 1));
    refused(&format!("x-0: &a0 {{b: c}}\n{merges}{SERVICE}"), "aliases add more than 100000 values");
    let long = format!("x-a: &a {}\nx-b: [{}]\n{SERVICE}", "x".repeat(1 << 20), "*a, ".repeat(2000));
    refused(&long, "aliases add more than 100000 values");
}

#[test]
fn what_is_nested_too_deep_is_refused() {
    refused(&format!("a: {}", "[".repeat(100_000)), "nested more than 100 levels deep");
    refused(&lines(1000, |i| format!("{}a:\n", " ".repeat(i))), "nested more than 100 levels deep");
    refused(&format!("a:\n{}x\n", "- ".repeat(100_000)), "nested more than 100 levels deep");
    refused(&"? ".repeat(100_000), "DS01");
    let nested = "${A:-".repeat(1000) + &"}".repeat(1000);
    refused(&format!("{SERVICE}    command: '{nested}'\n"), "defaults nest more than 32 deep");
}

#[test]
fn huge_scalars_and_keys_are_told_in_few_words() {
    let huge = "x".repeat(4 << 20);
    refused(&format!("{SERVICE}    {huge}: 1\n"), "a `:` is missing");
    refused(&format!("{SERVICE}    ? {huge}\n    : 1\n"), "unknown key");
    refused(&format!("{SERVICE}    imagee: {huge}\n"), "unknown key `imagee`");
    refused(&format!("services:\n  a:\n    image: \"{huge}"), "is not closed");
    refused(&format!("services: {{a: {{image: '{}'}}}}", "${".repeat(1 << 19)), "DS0301");
}

#[test]
fn files_that_are_too_large_are_not_read() {
    let large = vec![b'#'; 50 << 20];
    refused_with(&[("env.yaml", &large)], "env.yaml is larger than 16 MiB");
    refused_with(&[("env.yaml", SERVICE.as_bytes()), (".env", &large)], ".env is larger than 16 MiB");
    for key in ["env_file", "label_file"] {
        let spec = format!("{SERVICE}    {key}: big\n");
        refused_with(&[("env.yaml", spec.as_bytes()), ("big", &large)], "big is larger than 16 MiB");
    }
    refused_with(&[("env.yaml", b"include: [big]\nservices: {}\n"), ("big", &large)], "big is larger than 16 MiB");
    let scratch = tempfile::tempdir().unwrap();
    let (code, text) = answer(&validate(scratch.path(), &large, &["-f", "-"], &[]));
    assert!(code == 4 && text.contains("<stdin> is larger than 16 MiB"), "{code} {text}");
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let uses = [
        ("env.yaml", String::new()),
        (".env", SERVICE.to_owned()),
        ("odd", format!("{SERVICE}    env_file: odd\n")),
        ("odd", format!("{SERVICE}    label_file: odd\n")),
        ("odd", format!("include: [odd]\n{SERVICE}")),
        ("odd", "services: {a: {extends: {file: odd, service: a}}}".to_owned()),
    ];
    for (odd, spec) in &uses {
        for make in ["mkfifo", "mkdir", "ln -s /dev/zero"] {
            let scratch = tempfile::tempdir().unwrap();
            if *odd != "env.yaml" {
                fs::write(scratch.path().join("env.yaml"), spec).unwrap();
            }
            let made = Command::new("sh").arg("-c").arg(format!("{make} {odd}")).current_dir(&scratch).status();
            assert!(made.unwrap().success());
            let (code, text) = answer(&validate(scratch.path(), b"", &[], &[]));
            let is_default = *odd == ".env" && make == "mkdir";
            assert!(
                if is_default { code == 0 } else { code == 4 && text.contains("cannot be read: it is") },
                "{make} {odd}: {text}"
            );
        }
    }
}

#[test]
fn what_is_no_text_is_refused_at_its_byte() {
    refused_with(&[("env.yaml", b"services:\n  a: {image: \xff\xfe}\n")], "env.yaml is not UTF-8");
    let wide: Vec<u8> = SERVICE.encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused_with(&[("env.yaml", &wide)], "DS01");
    refused_with(&[("env.yaml", &[0; 1000])], "DS01");
    refused_with(&[("env.yaml", "%\u{1f980}x: &a {b: c}\n: \t".as_bytes())], "DS01");
    let spec = format!("{SERVICE}    env_file: e\n");
    refused_with(&[("env.yaml", spec.as_bytes()), ("e", b"A=\xff\n")], "e is not UTF-8");
}

#[test]
fn files_that_name_each_other_come_to_an_end() {
    refused_with(
        &[("env.yaml", b"include: [b.yaml]"), ("b.yaml", b"include: [env.yaml]")],
        "a file includes itself: env.yaml → b.yaml → env.yaml",
    );
    let spec = b"services: {a: {extends: {file: b.yaml, service: b}}}";
    let other = b"services: {b: {extends: {file: env.yaml, service: a}}}";
    refused_with(&[("env.yaml", spec), ("b.yaml", other)], "a service extends itself");
    let names: Vec<String> = (0..26).map(|i| format!("b{i}.yaml")).collect();
    let texts: Vec<String> = (0..26).map(|i| format!("include: [b{}.yaml, b{}.yaml]\n", i + 1, i + 1)).collect();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().map(String::as_str).zip(texts.iter().map(String::as_bytes)).collect();
    files.extend([("env.yaml", b"include: [b0.yaml]\n".as_slice()), ("b26.yaml", SERVICE.as_bytes())]);
    refused_with(&files, "the spec names more than 1000 files");
    let large = format!("services:\n{}", lines(1000, |i| format!("  s{i}: {{image: x}}\n")));
    let spec = format!("include:\n{}{SERVICE}", "- b.yaml\n".repeat(1000));
    refused_with(&[("env.yaml", spec.as_bytes()), ("b.yaml", large.as_bytes())], "larger than 4 MiB together");
    let base = format!("x: {{image: x, labels: [{}]}}", lines(1000, |i| format!("a{i}=b, ")));
    let spec = format!("services:\n  {base}\n{}", lines(2000, |i| format!("  s{i}: {{extends: x}}\n")));
    refused(&spec, "`extends` adds more than 200000 keys and values");
}

#[test]
fn very_many_mistakes_are_told_in_part() {
    let unknown = lines(90_000, |i| format!("    key{i}: 1\n"));
    refused(&format!("{SERVICE}{unknown}"), "there are more than these 100 mistakes");
    refused(
        &format!("{SERVICE}{}", lines(90_000, |i| format!("key{i}: 1\n"))),
        "there are more than these 100 mistakes",
    );
    refused(&format!("services:\n{}", "  a: {image: x}\n".repeat(90_000)), "there are more than these 100 mistakes");
    let needs =
        lines(5000, |i| format!("  s{i}: {{image: x, depends_on: [t{i}], networks: [n{i}], volumes: ['v{i}:/x']}}\n"));
    refused(&format!("services:\n{needs}"), "there are more than these 100 mistakes");
    refused(&format!("{SERVICE}    expose: [{}]\n", "{}, ".repeat(50_000)), "DS02");
    refused(
        &format!("services:\n{}", lines(20_000, |i| format!("  s{i}: {{image: x}}\n"))),
        "more than 10000 services",
    );
    let unset = lines(50_000, |i| format!("      A{i}: $U{i}\n"));
    let (code, text) = said(&[("env.yaml", format!("{SERVICE}    environment:\n{unset}").as_bytes())], &[]);
    assert!(code == 0 && text.contains("there are more than these 100 warnings"), "{code} {text:.2000}");
    let line = lines(50_000, |i| format!("$U{i}"));
    let (code, text) = said(&[("env.yaml", format!("{SERVICE}    hostname: \"{line}\"").as_bytes())], &[]);
    assert!(code == 0 && text.contains("there are more than these 100 warnings"), "{code} {text:.2000}");
}

#[test]
fn variables_that_multiply_are_refused() {
    let growing = format!("A0=aaaaaaaaaa\n{}", lines(12, |i| format!("A{}={}\n", i + 1, format!("$A{i}").repeat(10))));
    refused_with(&[("env.yaml", SERVICE.as_bytes()), (".env", growing.as_bytes())], "come to more than 16 MiB");
    let spec = format!("{SERVICE}    env_file: e\n");
    refused_with(&[("env.yaml", spec.as_bytes()), ("e", growing.as_bytes())], "come to more than 16 MiB");
    let many = lines(1_000_000, |i| format!("A{i}=\n"));
    refused_with(&[("env.yaml", spec.as_bytes()), ("e", many.as_bytes())], "come to more than 16 MiB");
    let big = "x".repeat(100_000);
    for value in ["$BIG".repeat(100_000), "$BIG".repeat(300)] {
        let spec = format!("{SERVICE}    hostname: \"{value}\"\n");
        let (code, text) = said(&[("env.yaml", spec.as_bytes())], &[("BIG", &big)]);
        assert!(code == 4 && text.contains("come to more than 16 MiB"), "{code} {text:.2000}");
    }
    let services = format!("services:\n{}", lines(200, |i| format!("  s{i}: {{image: x, env_file: e}}\n")));
    let variables = lines(20_000, |i| format!("A{i}={i}\n"));
    refused_with(&[("env.yaml", services.as_bytes()), ("e", variables.as_bytes())], "services more than 64 MiB");
}

#[test]
fn lists_and_documents_without_end_are_refused() {
    refused(&format!("{SERVICE}    command: [{}]\n", "a,".repeat(200_000)), "more than 100000 entries");
    refused(&"---\nname: a\n".repeat(20_000), "more than 1000 documents in one file");
    let ports = vec!["'1-65535'"; 20].join(", ");
    refused(&format!("{SERVICE}    ports: [{ports}]\n"), "30000 ports");
    let same = format!("{SERVICE}    volumes:\n{}volumes: {{vol: {{}}}}\n", "      - vol:/x\n".repeat(50_000));
    assert_eq!(said(&[("env.yaml", same.as_bytes())], &[]).0, 0);
    let (code, text) = said(&[("env.yaml", format!("{}{SERVICE}", "\n".repeat(10 << 20)).as_bytes())], &[]);
    assert_eq!(code, 0, "{text}");
    let dollars = format!("{SERVICE}    hostname: \"{}\"\n", "$".repeat(4 << 20));
    assert_eq!(said(&[("env.yaml", dollars.as_bytes())], &[]).0, 0);
}

#[test]
fn very_many_small_services_are_refused_before_they_cost_memory() {
    for (count, service, why) in [
        (690_000, "{image: a}", "more than 100000 entries"),
        (99_000, "{image: a, user: b, hostname: c, init: true, tty: true}", "more than 10000 services"),
        (99_000, "", "more than 10000 services"),
    ] {
        refused_early(&format!("services:\n{}", lines(count, |i| format!("  a{i}: {service}\n"))), why);
    }
}

#[test]
fn very_many_small_networks_and_the_like_are_refused_before_they_cost_memory() {
    let many = lines(99_000, |i| format!("  a{i}: {{labels: {{a: b}}}}\n"));
    for what in ["networks", "volumes", "configs", "secrets"] {
        refused_early(&format!("{SERVICE}{what}:\n{many}"), &format!("more than 10000 {what}"));
    }
}

#[test]
fn very_many_small_values_are_refused_before_they_cost_memory() {
    let variables = lines(99_999, |i| format!("      A{i}: b\n"));
    let services = lines(7, |i| format!("  a{i}:\n    image: x\n    environment:\n{variables}"));
    refused_early(&format!("services:\n{services}"), "more than 1200000 keys and values");
    let lists = lines(100, |i| format!("  a{i}:\n{}", lines(3_300, |j| format!("    b{j}: [c, d]\n"))));
    refused_early(&format!("{SERVICE}x-a:\n{lists}"), "more than 1200000 keys and values");
    let maps = format!("  - {}a{}\n", "{a: ".repeat(90), "}".repeat(90));
    refused_early(&format!("{SERVICE}x-a:\n{}", maps.repeat(7_000)), "more than 1200000 keys and values");
    let tagged = lines(10, |i| format!("x-{i}: [{}]\n", "&a !!int a,".repeat(99_999)));
    refused_early(&format!("{SERVICE}{tagged}"), "there are more than these 100 mistakes");
}

#[test]
fn very_many_mistakes_cost_little_more_than_what_they_stand_in() {
    for (key, item) in [("ports", "a,"), ("volumes", "~,")] {
        let services = lines(10, |i| format!("  a{i}: {{image: x, {key}: [{}]}}\n", item.repeat(99_999)));
        refused(&format!("services:\n{services}"), "there are more than these 100 mistakes");
    }
    let labels = lines(3, |i| {
        format!("  a{i}:\n    image: x\n    labels:\n{}", lines(99_000, |j| format!("      k{j}: {{a: b}}\n")))
    });
    refused(&format!("services:\n{labels}"), "there are more than these 100 mistakes");
}

#[test]
fn ten_thousand_services_with_much_in_them_are_read() {
    let variables = lines(46, |i| format!("A{i}: b, "));
    let service = |i| format!("  s{i}: {{image: x, networks: [n{i}], environment: {{{variables}}}}}\n");
    let networks = lines(10_000, |i| format!("  n{i}: {{}}\n"));
    let spec = format!("services:\n{}networks:\n{networks}", lines(10_000, service));
    assert_eq!(said(&[("env.yaml", spec.as_bytes())], &[]).0, 0);
}
