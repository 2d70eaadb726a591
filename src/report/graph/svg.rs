//! The drawing.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::card::{CHIP, Card, Cards, NAME, PAD, SMALL, TINY, cards, cut, marks, text_width};
use super::edge::{Look, label, look};
use super::layout::{Layout, Point, Segment, Size, layout};
use super::picture::{Edge, EdgeKind, Kind, Node, Picture};
use super::theme::{LINES, NETWORKS, class, css};
use crate::model::Condition;
use crate::plan::Action;

/// Around the whole drawing.
const MARGIN: f64 = 28.0;
/// Between two columns, and with room for labels.
const GAP: f64 = 84.0;
const LABELLED: f64 = 112.0;
/// With more edges than this labels would hide more than they tell; the lines' styles and the legend remain.
const LABELS: usize = 16;
/// Narrower than this no legend fits.
const NARROWEST: f64 = 520.0;

/// Draws the picture.
pub fn draw(picture: &Picture, headline: &str) -> String {
    let Cards { cards, head } = cards(picture);
    let place = |node: usize| cards.iter().position(|card| card.node == node);
    let lines: Vec<&Edge> =
        picture.edges.iter().filter(|edge| place(edge.from).is_some() && place(edge.to).is_some()).collect();
    let ends: Vec<_> = lines.iter().filter_map(|edge| Some((place(edge.from)?, place(edge.to)?))).collect();
    let sizes: Vec<_> = cards.iter().map(|card| card.size).collect();
    let layout = layout(&sizes, &ends, if lines.len() <= LABELS { LABELLED } else { GAP });

    let width = layout.width.max(NARROWEST) + 2.0 * MARGIN;
    let mut page = Page { out: String::new(), labels: Vec::new(), hues: hues(&cards, &layout) };
    let top = page.head(picture, headline, &head, width);
    let origin = Point { x: MARGIN + (width - 2.0 * MARGIN - layout.width) / 2.0, y: top };
    page.body(picture, &cards, &lines, &layout, origin);
    let bottom = page.legend(picture, &lines, top + layout.height + 34.0, width);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{bottom:.0}\" viewBox=\"0 0 {width:.0} {bottom:.0}\" \
         role=\"img\"><title>{}</title><style>{}</style><rect class=\"page\" width=\"100%\" height=\"100%\" rx=\"12\"/>{}</svg>\n",
        escape(&format!("{}: {headline}", picture.project)),
        css(),
        page.out
    )
}

struct Page {
    out: String,
    /// Where labels and their like already are: left, top, right, bottom.
    labels: Vec<[f64; 4]>,
    /// The number of each node's line colour.
    hues: BTreeMap<usize, usize>,
}

/// Neighbours in a column never have the same.
fn hues(cards: &[Card], layout: &Layout) -> BTreeMap<usize, usize> {
    let mut order: Vec<_> = cards.iter().zip(&layout.corners).collect();
    order.sort_by(|a, b| (a.1.x, a.1.y).partial_cmp(&(b.1.x, b.1.y)).expect("coordinates are numbers"));
    order.iter().enumerate().map(|(at, (card, _))| (card.node, at % LINES.len())).collect()
}

impl Page {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("a String takes everything");
    }

    fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        self.put(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" class=\"{class}\">{}</text>", escape(text)));
    }

    /// Title, headline, networks, and volumes that nobody mounts. Returns where the body begins.
    fn head(&mut self, picture: &Picture, headline: &str, head: &[usize], width: f64) -> f64 {
        self.text(MARGIN, MARGIN + 16.0, "title ink", &picture.project);
        self.text(MARGIN, MARGIN + 36.0, "sub soft", headline);
        let (mut x, mut y) = (MARGIN, MARGIN + 52.0);
        for node in head {
            let text = cut(&picture.nodes[*node].name, 220.0, TINY);
            let chip = text_width(&text, TINY)
                + 26.0
                + if marks(&picture.nodes[*node].actions).is_empty() { 0.0 } else { 11.0 };
            if x > MARGIN && x + chip > width - MARGIN {
                (x, y) = (MARGIN, y + CHIP + 6.0);
            }
            self.chip(picture, *node, &text, Point { x, y }, chip);
            x += chip + 7.0;
        }
        y + if head.is_empty() { 12.0 } else { CHIP + 26.0 }
    }

    fn body(&mut self, picture: &Picture, cards: &[Card], lines: &[&Edge], layout: &Layout, origin: Point) {
        let shift = |point: Point| Point { x: point.x + origin.x, y: point.y + origin.y };
        let segments: Vec<_> =
            layout.segments.iter().map(|s| Segment { from: shift(s.from), to: shift(s.to), ..s.clone() }).collect();
        for segment in &segments {
            self.segment(segment, lines);
        }
        for (card, corner) in cards.iter().zip(&layout.corners) {
            let corner = shift(*corner);
            self.labels.push([corner.x, corner.y, corner.x + card.size.width, corner.y + card.size.height]);
            self.card(picture, card, corner);
        }
        if lines.len() <= LABELS {
            for segment in segments.iter().filter(|segment| segment.last) {
                if let Some(text) = segment.edges.first().and_then(|edge| label(lines[*edge].kind)) {
                    self.label(segment, &text);
                }
            }
        }
    }

    fn segment(&mut self, segment: &Segment, lines: &[&Edge]) {
        let Segment { from, to, edges, last } = segment;
        let looks: Vec<_> = edges.iter().map(|edge| look(lines[*edge].kind)).collect();
        // A trunk that edges of several kinds run through is a plain line.
        let look = if looks.windows(2).all(|pair| pair[0] == pair[1]) { looks[0] } else { Look::SOLID };
        let hue = self.hues[&lines[edges[0]].from];
        let end = if *last && look.arrow { to.x - 6.0 } else { to.x };
        let bend = (to.x - from.x) / 2.0;
        let path = format!(
            "M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {end:.1} {:.1}",
            from.x,
            from.y,
            from.x + bend,
            from.y,
            to.x - bend,
            to.y,
            to.y
        );
        self.put(format_args!("<path class=\"edge l{hue}{}\" d=\"{path}\"{}/>", look.class, look.dash));
        if *last && look.arrow {
            let (x, y) = (to.x, to.y);
            self.put(format_args!("<path class=\"a{hue}\" d=\"M{x:.1} {y:.1}l-8 -4v8z\"/>"));
        } else if *last {
            self.put(format_args!("<circle class=\"a{hue}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>", to.x, to.y));
        }
    }

    /// Where on its line it hides nothing; else not at all, since the line's style says the same.
    fn label(&mut self, segment: &Segment, text: &str) {
        let half = text_width(text, 9.5) / 2.0 + 2.0;
        for at in [0.68, 0.6, 0.5, 0.4, 0.76, 0.3] {
            let Point { x, y } = on_curve(segment, at);
            let area = [x - half, y - 6.0, x + half, y + 6.0];
            let free = |other: &[f64; 4]| {
                area[0] >= other[2] || area[2] <= other[0] || area[1] >= other[3] || area[3] <= other[1]
            };
            if self.labels.iter().all(free) {
                self.labels.push(area);
                self.text(x, y + 3.3, "label", text);
                return;
            }
        }
    }

    fn card(&mut self, picture: &Picture, card: &Card, corner: Point) {
        let node = &picture.nodes[card.node];
        let action = node.actions.first().copied().unwrap_or(Action::Keep);
        let stray = if node.kind == Kind::Stray { " stroke-dasharray=\"5 4\"" } else { "" };
        self.put(format_args!(
            "<g class=\"{}\" transform=\"translate({:.1} {:.1})\">",
            class(action),
            corner.x,
            corner.y
        ));
        self.put(format_args!("<title>{}</title>", escape(&tooltip(node))));
        let Size { width, height } = card.size;
        if let Kind::Volume { external } = node.kind {
            self.put(format_args!("{}", cylinder(0.0, 0.0, width, height, 6.0, "box", external)));
            let text = cut(&node.name, width - 2.0 * PAD, SMALL);
            self.text(width / 2.0, height / 2.0 + 8.0, "image ink mid", &text);
            self.marks(node, width - 12.0, 22.0);
        } else {
            self.put(format_args!("<rect class=\"box\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"8\"{stray}/>"));
            let right = self.marks(node, width - 14.0, 21.0);
            let right = self.badge(node, right);
            for line in &card.lines {
                let ink = if line.class == "name" { "name ink" } else { "image soft" };
                let text = if line.class == "name" { cut(&line.text, right - PAD, NAME) } else { line.text.clone() };
                self.text(PAD, line.y, ink, &text);
            }
        }
        for chip in &card.chips {
            self.chip(picture, chip.node, &chip.text, Point { x: chip.x, y: chip.y }, chip.width);
        }
        self.put(format_args!("</g>"));
    }

    /// The marks of what happens, from the right; returns where they begin.
    fn marks(&mut self, node: &Node, right: f64, y: f64) -> f64 {
        let mut x = right;
        for action in node.actions.iter().rev().filter(|action| **action != Action::Keep) {
            self.text(x, y, &format!("mark m-{}", class(*action)), sign(*action));
            x -= 14.0;
        }
        x
    }

    /// `×3`, `job`; returns where it begins.
    fn badge(&mut self, node: &Node, right: f64) -> f64 {
        let Kind::Service { scale, job, .. } = node.kind else { return right };
        let text = match (scale, job) {
            (1, false) => return right,
            (1, true) => "job".to_owned(),
            (scale, false) => format!("×{scale}"),
            (scale, true) => format!("job ×{scale}"),
        };
        self.text(right + 6.0, 21.0, "image soft end", &text);
        right - text_width(&text, SMALL)
    }

    /// A pill for a network, a small cylinder for a volume.
    fn chip(&mut self, picture: &Picture, node: usize, text: &str, corner: Point, width: f64) {
        let Node { kind, actions, .. } = &picture.nodes[node];
        let action = actions.first().copied().unwrap_or(Action::Keep);
        self.put(format_args!(
            "<g class=\"{}\" transform=\"translate({:.1} {:.1})\">",
            class(action),
            corner.x,
            corner.y
        ));
        self.put(format_args!("<title>{}</title>", escape(&tooltip(&picture.nodes[node]))));
        let external = matches!(kind, Kind::Network { external: true } | Kind::Volume { external: true });
        if let Kind::Network { .. } = kind {
            let dash = if external { " stroke-dasharray=\"3 2\"" } else { "" };
            let round = CHIP / 2.0;
            self.put(format_args!(
                "<rect class=\"chip\" width=\"{width:.1}\" height=\"{CHIP}\" rx=\"{round}\"{dash}/>"
            ));
            let number = picture.nodes[..node].iter().filter(|node| matches!(node.kind, Kind::Network { .. })).count();
            self.put(format_args!(
                "<circle class=\"n{}\" cx=\"10\" cy=\"{round}\" r=\"3.5\"/>",
                number % NETWORKS.len()
            ));
        } else {
            self.put(format_args!("<rect class=\"chip\" width=\"{width:.1}\" height=\"{CHIP}\" rx=\"3\"/>"));
            self.put(format_args!("{}", cylinder(6.0, 3.5, 8.0, 10.0, 1.8, "box", external)));
        }
        self.text(18.0, 12.2, "tiny ink", text);
        self.marks(&picture.nodes[node], width - 9.0, 12.8);
        self.put(format_args!("</g>"));
    }

    /// What marks and lines mean, as far as they occur. Returns where the page ends.
    fn legend(&mut self, picture: &Picture, lines: &[&Edge], y: f64, width: f64) -> f64 {
        let (mut x, mut y) = (MARGIN, y);
        let mut next = |room: f64| {
            if x > MARGIN && x + room > width - MARGIN {
                (x, y) = (MARGIN, y + 20.0);
            }
            let at = (x, y);
            x += room + 20.0;
            at
        };
        let kinds = [
            (Condition::ServiceHealthy, "waits until healthy"),
            (Condition::ServiceCompletedSuccessfully, "waits until completed"),
            (Condition::ServiceStarted, "waits until started"),
        ];
        for (condition, words) in kinds {
            let is = |edge: &&&Edge| matches!(edge.kind, EdgeKind::Waits { condition: c, .. } if c == condition);
            if let Some(edge) = lines.iter().find(is) {
                let (x, y) = next(40.0 + text_width(words, SMALL));
                let look = look(edge.kind);
                self.put(format_args!("<path class=\"edge rule\" d=\"M{x:.1} {:.1}h26\"{}/>", y - 4.0, look.dash));
                self.put(format_args!("<path class=\"tip\" d=\"M{:.1} {:.1}l-8 -4v8z\"/>", x + 33.0, y - 4.0));
                self.text(x + 40.0, y, "image soft", words);
            }
        }
        if lines.iter().any(|edge| matches!(edge.kind, EdgeKind::Mounts { .. })) {
            let (x, y) = next(40.0 + text_width("shared volume", SMALL));
            self.put(format_args!(
                "<path class=\"edge rule mount\" d=\"M{x:.1} {:.1}h30\" stroke-dasharray=\"1 3\"/>",
                y - 4.0
            ));
            self.put(format_args!("<circle class=\"tip\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.5\"/>", x + 31.0, y - 4.0));
            self.text(x + 40.0, y, "image soft", "shared volume");
        }
        let mut actions: Vec<_> = picture.nodes.iter().flat_map(|node| &node.actions).copied().collect();
        actions.sort();
        actions.dedup();
        for action in actions.into_iter().filter(|action| *action != Action::Keep) {
            let (x, y) = next(18.0 + text_width(action.word(), SMALL));
            self.text(x + 6.0, y, &format!("mark m-{}", class(action)), sign(action));
            self.text(x + 18.0, y, "image soft", action.word());
        }
        y + MARGIN - 6.0
    }
}

/// The mark; a true minus is as wide as a plus.
fn sign(action: Action) -> &'static str {
    if action == Action::Delete { "−" } else { action.mark() }
}

/// A point of the curve that [`Page::segment`] draws.
fn on_curve(segment: &Segment, t: f64) -> Point {
    let (from, to) = (segment.from, segment.to);
    let (a, b) = (1.0 - t, t);
    let middle = f64::midpoint(from.x, to.x);
    let curve = |p: [f64; 4]| a * a * a * p[0] + 3.0 * a * a * b * p[1] + 3.0 * a * b * b * p[2] + b * b * b * p[3];
    Point { x: curve([from.x, middle, middle, to.x]), y: curve([from.y, from.y, to.y, to.y]) }
}

fn cylinder(x: f64, y: f64, width: f64, height: f64, lid: f64, class: &str, external: bool) -> String {
    let dash = if external { " stroke-dasharray=\"3 2\"" } else { "" };
    let (half, side) = (width / 2.0, height - 2.0 * lid);
    format!(
        "<path class=\"{class}\"{dash} d=\"M{x:.1} {:.1}a{half:.1} {lid} 0 0 1 {width:.1} 0v{side:.1}a{half:.1} {lid} 0 0 1 -{width:.1} 0z\
         M{x:.1} {:.1}a{half:.1} {lid} 0 0 0 {width:.1} 0\"/>",
        y + lid,
        y + lid
    )
}

/// The whole of what a card may have cut.
fn tooltip(node: &Node) -> String {
    let mut text = node.id.clone();
    if let Kind::Service { image, ports, .. } = &node.kind {
        text += &format!("\n{image}");
        for port in ports {
            text += &format!("\n{port}");
        }
    }
    for action in &node.actions {
        text += &format!("\n{}", action.word());
    }
    text
}

fn escape(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\n').fold(String::new(), |mut out, c| {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            c => out.push(c),
        }
        out
    })
}
