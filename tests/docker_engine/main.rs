//! What only a real engine shows. Without one at the default socket these tests say so and pass.

mod attributes;
mod lab;
mod life;
mod things;
