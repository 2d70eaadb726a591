//! The paths that a source file names, read from its syntax.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use syn::buffer::{Cursor, TokenBuffer};
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, ImplItem, Item, ItemMod, ItemUse, Lit, Macro, Meta, MetaList, UseTree};

/// One file below `src`.
pub struct Source {
    /// From `src` on, as `plan/step.rs`.
    pub name: String,
    /// Its module, from the crate on: `["plan", "step"]`.
    pub module: Vec<String>,
    /// Every path outside `#[cfg(test)]`: in `use`, types, expressions, patterns, attributes and macros. Those that begin
    /// with `self` or `super` are written from `crate` on.
    pub paths: BTreeSet<Vec<String>>,
    /// The same, with what is in `#[cfg(test)]`.
    pub paths_with_tests: BTreeSet<Vec<String>>,
    /// What the names of the files begin with that each `#[cfg(test)] mod …;` of this file stands for.
    tests: Vec<String>,
}

impl Source {
    /// All files below a folder, without those that a `#[cfg(test)] mod` stands for.
    pub fn all(folder: &Path) -> Vec<Self> {
        let mut files = Vec::new();
        collect(folder, &mut files);
        files.sort();
        let all: Vec<Self> = files.iter().map(|file| Self::read(folder, file)).collect();
        let tests: Vec<String> = all.iter().flat_map(|source| source.tests.clone()).collect();
        let is_test = |source: &Self| tests.iter().any(|test| source.name.starts_with(test));
        all.into_iter().filter(|source| !is_test(source)).collect()
    }

    fn read(folder: &Path, file: &Path) -> Self {
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let mut module: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if matches!(module.last().unwrap().as_str(), "mod" | "lib" | "main") {
            module.pop();
        }
        let syntax =
            syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let paths = |with_tests| {
            let mut paths = Paths { module: module.clone(), with_tests, found: BTreeSet::new() };
            paths.visit_file(&syntax);
            paths.found
        };
        Self { paths: paths(false), paths_with_tests: paths(true), tests: tests(&name, &module, &syntax), name, module }
    }
}

fn tests(name: &str, module: &[String], syntax: &syn::File) -> Vec<String> {
    let mods = syntax.items.iter().filter_map(|item| match item {
        Item::Mod(item) if item.content.is_none() && item.attrs.iter().any(is_for_tests) => Some(item),
        _ => None,
    });
    let beside = name.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    mods.flat_map(|item| match item.attrs.iter().find_map(path_of) {
        Some(path) => vec![format!("{beside}{path}")],
        None => {
            let whole = [module, &[item.ident.to_string()]].concat().join("/");
            vec![format!("{whole}.rs"), format!("{whole}/")]
        }
    })
    .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

struct Paths {
    /// The module at hand, those written inside the file included.
    module: Vec<String>,
    with_tests: bool,
    found: BTreeSet<Vec<String>>,
}

impl Paths {
    fn leaves_out(&self, attributes: &[Attribute]) -> bool {
        !self.with_tests && attributes.iter().any(is_for_tests)
    }

    fn add(&mut self, path: &[String]) {
        let ups = path.iter().take_while(|part| *part == "super").count();
        let rest = path.iter().skip(ups).filter(|part| *part != "self");
        let whole = match path.first().map(String::as_str) {
            Some("super") => {
                let above = &self.module[..self.module.len().saturating_sub(ups)];
                ["crate".to_owned()].iter().chain(above).chain(rest).cloned().collect()
            }
            Some("self") => ["crate".to_owned()].iter().chain(&self.module).chain(rest).cloned().collect(),
            Some(_) => rest.cloned().collect(),
            None => return,
        };
        self.found.insert(whole);
    }

    fn add_use(&mut self, tree: &UseTree, before: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.add_use(&path.tree, before);
                before.pop();
            }
            UseTree::Name(name) => self.add(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.add(&[before.as_slice(), &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(tree, before)),
        }
    }

    /// What is inside a macro or an attribute need not be Rust: words with `::` between them are taken for paths.
    fn add_tokens(&mut self, mut cursor: Cursor) {
        let (mut path, mut colons) = (Vec::new(), 0);
        while !cursor.eof() {
            if let Some((inside, _, _, rest)) = cursor.any_group() {
                self.add(&path);
                path.clear();
                self.add_tokens(inside);
                cursor = rest;
            } else if let Some((word, rest)) = cursor.ident() {
                if colons != 2 {
                    self.add(&path);
                    path.clear();
                }
                path.push(word.to_string());
                colons = 0;
                cursor = rest;
            } else if let Some((mark, rest)) = cursor.punct() {
                if mark.as_char() == ':' {
                    colons += 1;
                } else {
                    self.add(&path);
                    path.clear();
                    colons = 0;
                }
                cursor = rest;
            } else {
                self.add(&path);
                path.clear();
                let Some((_, rest)) = cursor.token_tree() else { break };
                cursor = rest;
            }
        }
        self.add(&path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !self.leaves_out(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes: &[Attribute] = match item {
            ImplItem::Const(item) => &item.attrs,
            ImplItem::Fn(item) => &item.attrs,
            ImplItem::Type(item) => &item.attrs,
            _ => &[],
        };
        if !self.leaves_out(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.module.pop();
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add_use(&item.tree, &mut Vec::new());
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add(&path.segments.iter().map(|segment| segment.ident.to_string()).collect::<Vec<_>>());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        visit::visit_macro(self, item);
        self.add_tokens(TokenBuffer::new2(item.tokens.clone()).begin());
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        visit::visit_meta_list(self, list);
        self.add_tokens(TokenBuffer::new2(list.tokens.clone()).begin());
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|only| only.is_ident("test"))
}

/// `#[path = "…"]`
fn path_of(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(path), .. }) => Some(path.value()),
            _ => None,
        },
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
