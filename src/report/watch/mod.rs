//! What a watch tells: a line for each thing that happened, and on a terminal the services below them.

mod line;
mod screen;

pub use line::line;
pub use screen::Screen;
