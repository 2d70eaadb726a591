//! What stands on a node's card, and how large that makes it.

use super::layout::Size;
use super::picture::{EdgeKind, Kind, Picture};
use crate::plan::Action;

/// Widths of a service's card.
const LEAST: f64 = 172.0;
const MOST: f64 = 236.0;
/// Between the edge of a card and its text.
pub const PAD: f64 = 12.0;
/// The height of a chip, and of the row that it stands in.
pub const CHIP: f64 = 17.0;
const ROW: f64 = 21.0;
/// Sizes of text.
pub const NAME: f64 = 13.0;
pub const SMALL: f64 = 11.0;
pub const TINY: f64 = 10.0;
/// Height of a volume of its own.
const VOLUME: Size = Size { width: 0.0, height: 46.0 };

/// A node, ready to be drawn.
pub struct Card {
    pub node: usize,
    pub size: Size,
    pub lines: Vec<Line>,
    pub chips: Vec<Chip>,
}

/// A line of text on a card.
pub struct Line {
    pub text: String,
    pub class: &'static str,
    pub y: f64,
}

/// A network or volume of one service, on that service's card.
pub struct Chip {
    pub node: usize,
    pub text: String,
    pub x: f64,
    pub y: f64,
    pub width: f64,
}

/// What is drawn as a node of the layout, what on a card, and what in the head.
pub struct Cards {
    pub cards: Vec<Card>,
    /// Nodes that stand in the head: networks, and volumes that nobody mounts.
    pub head: Vec<usize>,
}

/// Sorts the nodes into cards, chips and head.
pub fn cards(picture: &Picture) -> Cards {
    let users = |node: usize| picture.edges.iter().filter(move |edge| edge.from == node);
    let networks = picture.nodes.iter().filter(|node| matches!(node.kind, Kind::Network { .. })).count();
    let mut cards = Vec::new();
    let mut head = Vec::new();
    let mut widest = LEAST;
    for (at, node) in picture.nodes.iter().enumerate() {
        match &node.kind {
            Kind::Service { .. } | Kind::Stray => {
                // On the only network everybody is: saying so once is enough.
                let is_chip = |edge: &&super::picture::Edge| match edge.kind {
                    EdgeKind::Joins => networks > 1,
                    EdgeKind::Mounts { .. } => users(edge.from).count() == 1,
                    EdgeKind::Waits { .. } => false,
                };
                let on: Vec<_> =
                    picture.edges.iter().filter(|edge| edge.to == at).filter(is_chip).map(|e| e.from).collect();
                let card = service(picture, at, &on);
                widest = widest.max(card.size.width);
                cards.push(card);
            }
            Kind::Volume { .. } if users(at).count() > 1 => {
                let width = (text_width(&node.name, SMALL) + 2.0 * PAD + 14.0).clamp(92.0, MOST);
                cards.push(Card { node: at, size: Size { width, ..VOLUME }, lines: Vec::new(), chips: Vec::new() });
            }
            Kind::Volume { .. } if users(at).count() == 1 => {}
            Kind::Network { .. } | Kind::Volume { .. } => head.push(at),
        }
    }
    // Cards of one width make columns that the eye can follow.
    for card in cards.iter_mut().filter(|card| !matches!(picture.nodes[card.node].kind, Kind::Volume { .. })) {
        card.size.width = widest;
        settle(card);
    }
    Cards { cards, head }
}

fn service(picture: &Picture, at: usize, on: &[usize]) -> Card {
    let node = &picture.nodes[at];
    let mut lines = vec![(node.name.clone(), "name", NAME)];
    let mut right = marks(&node.actions).chars().count() as f64 * 16.0;
    match &node.kind {
        Kind::Service { image, ports, scale, job } => {
            lines.push((image.clone(), "image", SMALL));
            if !ports.is_empty() {
                let shown = if ports.len() > 2 {
                    format!("{}, {}, +{}", ports[0], ports[1], ports.len() - 2)
                } else {
                    ports.join(", ")
                };
                lines.push((format!("⇄ {shown}"), "ports", SMALL));
            }
            right += if *scale == 1 && !job { 0.0 } else { 34.0 };
        }
        Kind::Stray => lines.push(("in no spec".to_owned(), "image", SMALL)),
        Kind::Network { .. } | Kind::Volume { .. } => {}
    }
    let chips: Vec<_> = on
        .iter()
        .map(|chip| {
            let text = cut(&picture.nodes[*chip].name, MOST - 2.0 * PAD - 30.0, TINY);
            let mark = if marks(&picture.nodes[*chip].actions).is_empty() { 0.0 } else { 11.0 };
            let width = text_width(&text, TINY) + 26.0 + mark;
            Chip { node: *chip, text, x: 0.0, y: 0.0, width }
        })
        .collect();
    let text = lines
        .iter()
        .enumerate()
        .map(|(at, (text, _, size))| text_width(text, *size) + if at == 0 { right + 10.0 } else { 0.0 });
    let chip = chips.iter().map(|chip| chip.width).fold(0.0, f64::max);
    let width = (text.fold(chip, f64::max) + 2.0 * PAD).clamp(LEAST, MOST);
    let lines = lines.into_iter().map(|(text, class, _)| Line { text, class, y: 0.0 }).collect();
    Card { node: at, size: Size { width, height: 0.0 }, lines, chips }
}

/// Gives every line and chip its place, and the card its height.
fn settle(card: &mut Card) {
    let room = card.size.width - 2.0 * PAD;
    let mut y = 4.0;
    for (at, line) in card.lines.iter_mut().enumerate() {
        y += if at == 0 { 17.0 } else { 16.0 };
        line.y = y;
        if line.class == "image" {
            line.text = cut_start(&line.text, room, SMALL);
        } else if line.class == "ports" {
            line.text = cut(&line.text, room, SMALL);
        }
    }
    y += 7.0;
    let mut x = 0.0;
    for (at, chip) in card.chips.iter_mut().enumerate() {
        if at > 0 && x + chip.width > room {
            (x, y) = (0.0, y + ROW);
        }
        (chip.x, chip.y) = (PAD + x, y);
        x += chip.width + 5.0;
    }
    card.size.height = y + if card.chips.is_empty() { 4.0 } else { CHIP + 8.0 };
}

/// The marks of what happens, in one text; none for what stays.
pub fn marks(actions: &[Action]) -> String {
    actions.iter().filter(|action| **action != Action::Keep).map(|action| action.mark()).collect()
}

/// About how wide a text is: fonts differ, so it is a little generous.
pub fn text_width(text: &str, size: f64) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
        't' | 'f' | 'r' | ' ' | '(' | ')' | '[' | ']' | '-' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '→' | '⇄' | '±' => 0.95,
        c if c.is_ascii_uppercase() => 0.72,
        c if c.is_ascii() => 0.62,
        c => 0.62 * crate::report::text::width(c.encode_utf8(&mut [0; 4])).max(1) as f64,
    };
    text.chars().map(em).sum::<f64>() * size
}

/// The end goes.
pub fn cut(text: &str, room: f64, size: f64) -> String {
    let mut kept = text.to_owned();
    while text_width(&kept, size) > room && kept.pop().is_some() {
        if text_width(&format!("{kept}…"), size) <= room {
            return kept + "…";
        }
    }
    kept
}

/// The beginning goes: of an image the name and tag say most.
pub fn cut_start(text: &str, room: f64, size: f64) -> String {
    if text_width(text, size) <= room {
        return text.to_owned();
    }
    let starts = text.char_indices().map(|(at, _)| at);
    let kept = starts.map(|at| format!("…{}", &text[at..])).find(|kept| text_width(kept, size) <= room);
    kept.unwrap_or_default()
}
