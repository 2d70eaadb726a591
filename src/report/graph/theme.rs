//! The colours of a drawing: those of a light page, and those that a dark one takes over.

use crate::plan::Action;

/// The style sheet.
pub fn css() -> String {
    let light = sheet(false);
    let dark = sheet(true);
    format!(
        "text{{font-family:Inter,'Segoe UI',system-ui,-apple-system,'Helvetica Neue','DejaVu Sans',sans-serif}}\
         .image,.ports{{font-size:11px}}.name{{font-size:13px;font-weight:600}}.tiny{{font-size:10px}}\
         .title{{font-size:18px;font-weight:700}}.sub{{font-size:12px}}\
         .box{{stroke-width:1.2}}.edge{{fill:none;stroke-width:1.5;stroke-linecap:round}}.mount{{stroke-width:1.2}}\
         .mark{{font-size:12px;font-weight:700;text-anchor:middle}}.mid{{text-anchor:middle}}.end{{text-anchor:end}}\
         .label{{font-size:9.5px;text-anchor:middle;paint-order:stroke;stroke-width:3.5px;stroke-linejoin:round}}\
         {light}@media (prefers-color-scheme:dark){{{dark}}}"
    )
}

fn sheet(dark: bool) -> String {
    let pick = |light: &'static str, night: &'static str| if dark { night } else { light };
    let mut css = format!(
        ".page{{fill:{}}}.box{{fill:{};stroke:{}}}.ink{{fill:{}}}.soft{{fill:{}}}.rule{{stroke:{}}}.tip{{fill:{}}}\
         .label{{fill:{};stroke:{}}}.chip{{fill:{};stroke:{}}}",
        pick("#fbfbfa", "#16191d"),
        pick("#ffffff", "#1f242a"),
        pick("#c3c8ce", "#444c56"),
        pick("#1f2328", "#e6e9ec"),
        pick("#626b75", "#9aa4af"),
        pick("#8b949e", "#768390"),
        pick("#8b949e", "#768390"),
        pick("#4d5560", "#b3bcc6"),
        pick("#fbfbfa", "#16191d"),
        pick("#f1f3f5", "#2a3038"),
        pick("#d0d5da", "#444c56"),
    );
    for action in [Action::Create, Action::Update, Action::Replace, Action::Start, Action::Delete, Action::Build] {
        let [light, light_tint, night, night_tint] = colours(action);
        let (line, tint) = if dark { (night, night_tint) } else { (light, light_tint) };
        css += &format!(".{0}>.box,.{0}>.chip{{fill:{tint};stroke:{line}}}.m-{0}{{fill:{line}}}", class(action));
    }
    for (number, [light, night]) in NETWORKS.iter().enumerate() {
        css += &format!(".n{number}{{fill:{}}}", if dark { night } else { light });
    }
    for (number, [light, night]) in LINES.iter().enumerate() {
        let line = if dark { night } else { light };
        css += &format!(".l{number}{{stroke:{line}}}.a{number}{{fill:{line}}}");
    }
    css
}

/// The class of what happens to a node; none for what stays.
pub fn class(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update | Action::Record | Action::Forget => "update",
        Action::Replace | Action::PerhapsReplace => "replace",
        Action::Start | Action::Run => "start",
        Action::Delete => "delete",
        Action::Pull | Action::Build => "build",
        Action::Keep => "keep",
    }
}

/// Line and tint on a light page, line and tint on a dark one.
pub fn colours(action: Action) -> [&'static str; 4] {
    match action {
        Action::Create => ["#1a7f37", "#e6f6ea", "#3fb950", "#14271b"],
        Action::Update | Action::Record | Action::Forget => ["#9a6700", "#fff6d8", "#d29922", "#2a2312"],
        Action::Replace | Action::PerhapsReplace => ["#8250df", "#f4edfe", "#a888f5", "#241d38"],
        Action::Start | Action::Run => ["#0b7285", "#e3f6f9", "#3bc9db", "#10292e"],
        Action::Delete => ["#cf222e", "#ffeceb", "#f85149", "#331b1c"],
        Action::Pull | Action::Build => ["#0969da", "#e7f2ff", "#58a6ff", "#13233a"],
        Action::Keep => ["#626b75", "#ffffff", "#9aa4af", "#1f242a"],
    }
}

/// One colour for each network, then again from the first; its name stands beside it.
pub const NETWORKS: [[&str; 2]; 6] = [
    ["#0b7285", "#3bc9db"],
    ["#b8500b", "#f0a35e"],
    ["#5f3dc4", "#b197fc"],
    ["#2b8a3e", "#69db7c"],
    ["#a61e4d", "#f783ac"],
    ["#3b5bdb", "#91a7ff"],
];

/// Quiet colours that tell the lines of neighbours apart where they cross.
pub const LINES: [[&str; 2]; 6] = [
    ["#64748b", "#8b9bb4"],
    ["#3f8583", "#63b0ad"],
    ["#97704a", "#c9a077"],
    ["#75659f", "#a899d1"],
    ["#5f8a4c", "#8fbb7b"],
    ["#a3617a", "#d292aa"],
];
