//! What only a real engine shows. Without one at the default socket these tests say so and pass.

mod lab;
mod life;
