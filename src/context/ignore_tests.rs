use super::*;

fn ignore(text: &str) -> Ignore {
    Ignore::parse(Path::new(".dockerignore"), text).unwrap_or_else(|error| panic!("{error}"))
}

fn excluded(text: &str, path: &str) -> bool {
    ignore(text).excludes(path)
}

/// Docker's own cases (moby/patternmatcher): text, path, whether it is left out.
#[test]
fn patterns_match_what_they_match_in_docker() {
    let cases = [
        ("**", "file", true),
        ("**", "file/", true),
        ("**/", "file", true),
        ("**/", "/", true),
        ("**", "dir/file", true),
        ("**/", "dir/file", true),
        ("**/**", "dir/file", true),
        ("dir/**", "dir/file", true),
        ("dir/**", "dir/dir2/file", true),
        ("**/dir", "dir", true),
        ("**/dir", "dir/file", true),
        ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/*", "dir/dir2/dir2/file", true),
        ("**/dir2/**", "dir/dir2/dir2/file", true),
        ("**file", "file", true),
        ("**file", "dir/file", true),
        ("**/file", "dir/file", true),
        ("**file", "dir/dir/file", true),
        ("**/file", "dir/dir/file", true),
        ("**/file*", "dir/dir/file", true),
        ("**/file*", "dir/dir/file.txt", true),
        ("**/file*txt", "dir/dir/file.txt", true),
        ("**/file*.txt", "dir/dir/file.txt", true),
        ("**/file*.txt*", "dir/dir/file.txt", true),
        ("**/**/*.txt", "dir/dir/file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("**/*.txt", "file.txt", true),
        ("**/**/*.txt", "file.txt", true),
        ("a**/*.txt", "a/file.txt", true),
        ("a**/*.txt", "a/dir/file.txt", true),
        ("a**/*.txt", "a/dir/dir/file.txt", true),
        ("a/*.txt", "a/dir/file.txt", false),
        ("a/*.txt", "a/file.txt", true),
        ("a/*.txt**", "a/file.txt", true),
        ("a[b-d]e", "ae", false),
        ("a[b-d]e", "ace", true),
        ("a[b-d]e", "aae", false),
        ("a[^b-d]e", "aze", true),
        (".*", ".foo", true),
        (".*", "foo", false),
        ("abc.def", "abcdef", false),
        ("abc.def", "abc.def", true),
        ("abc.def", "abcZdef", false),
        ("abc?def", "abcZdef", true),
        ("abc?def", "abcdef", false),
        (r"a\\", r"a\", true),
        ("**/foo/bar", "foo/bar", true),
        ("**/foo/bar", "dir/foo/bar", true),
        ("**/foo/bar", "dir/dir2/foo/bar", true),
        ("abc/**", "abc", false),
        ("abc/**", "abc/def", true),
        ("abc/**", "abc/def/ghi", true),
        ("**/.foo", ".foo", true),
        ("**/.foo", "bar.foo", false),
        ("a(b)c/def", "a(b)c/def", true),
        ("a(b)c/def", "a(b)c/xyz", false),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
        ("dist/*/asset", "dist/x/asset/y", true),
        ("**text", "xtext", true),
        ("**t*xt", "xtext", false),
        ("**t?xt", "x/text", true),
    ];
    for (pattern, path, expected) in cases {
        assert_eq!(excluded(pattern, path), expected, "{pattern} {path}");
    }
}

#[test]
fn the_last_pattern_that_matches_decides() {
    assert!(!excluded("*\n!kept", "kept"));
    assert!(excluded("!kept\n*", "kept"));
    assert!(excluded("docs\n!docs/README.md\ndocs/README.md", "docs/README.md"));
    assert!(!excluded("docs/*\n!docs/README.md", "docs/README.md"));
    // A child of an excluded folder is excluded with it, until an exception names it.
    assert!(excluded("docs", "docs/a/b"));
    assert!(!excluded("docs\n!docs/a", "docs/a/b"));
}

#[test]
fn comments_blanks_slashes_and_dots_are_cleaned_away() {
    let text = "\u{feff}# comment\n\n  #literal  \n/rooted/\n./dotted\na/../b//c/\n! spaced \n";
    let rules = ignore(text);
    for path in ["#literal", "rooted/x", "dotted", "b/c"] {
        assert!(rules.excludes(path), "{path}");
    }
    for path in ["comment", "a", "b", "spaced"] {
        assert!(!rules.excludes(path), "{path}");
    }
    assert!(!excluded("spaced\n! spaced", "spaced"));
}

#[test]
fn an_excluded_folder_is_left_out_whole_unless_an_exception_can_reach_into_it() {
    assert!(ignore("node_modules").prunes("node_modules"));
    assert!(ignore("node_modules\n!src/x").prunes("node_modules"));
    assert!(!ignore("node_modules\n!node_modules/keep").prunes("node_modules"));
    assert!(!ignore("node_modules\n!**/keep").prunes("node_modules"));
    assert!(!ignore("node_modules\n!node*/keep").prunes("node_modules"));
    assert!(!ignore("src/x").prunes("src"));
    assert!(ignore("*\n!src/*.py").prunes("docs"));
    assert!(!ignore("*\n!src/*.py").prunes("src"));
}

#[test]
fn a_pattern_without_meaning_is_told_with_its_line() {
    for (text, expected) in [
        ("ok\n[", ".dockerignore:2: pattern `[` has no meaning: a `[` without its `]`"),
        ("a[]b]", ".dockerignore:1: pattern `a[]b]` has no meaning: a class without members"),
        ("!", ".dockerignore:1: pattern `!` has no meaning: an exception names nothing"),
        ("a\\", ".dockerignore:1: pattern `a\\` has no meaning: it ends in a backslash"),
    ] {
        let error = Ignore::parse(Path::new(".dockerignore"), text).expect_err(text);
        assert_eq!(error.to_string(), expected);
    }
}
