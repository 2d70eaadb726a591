//! What an image is made for.

use std::fmt;

/// An operating system and a kind of processor (OCI Image Specification, "Image Index", `platform`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `linux` or `windows`.
    pub os: String,
    /// `amd64`, `arm64`, …
    pub architecture: String,
    /// `v7`, where a processor of this kind has variants.
    pub variant: Option<String>,
}

impl Platform {
    /// Whether it is the one that a service asks for: `linux/arm64/v8`, or a part of that. What is not said fits.
    pub fn fits(&self, wanted: &str) -> bool {
        let parts: Vec<_> = wanted.split('/').map(|part| part.trim().to_lowercase()).collect();
        let is_os = |part: &str| matches!(part, "linux" | "windows");
        let (os, architecture, variant) = match parts.as_slice() {
            [os] if is_os(os) => (Some(os), None, None),
            [architecture] => (None, Some(architecture), None),
            [os, architecture] => (Some(os), Some(architecture), None),
            [os, architecture, variant, ..] => (Some(os), Some(architecture), Some(variant)),
            [] => (None, None, None),
        };
        os.is_none_or(|os| *os == self.os)
            && architecture.is_none_or(|wanted| plain(wanted) == plain(&self.architecture))
            && (variant.is_none() || self.variant.is_none() || variant == self.variant.as_ref())
    }
}

/// The processors' other names.
fn plain(architecture: &str) -> &str {
    match architecture {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "i386" => "386",
        other => other,
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn what_is_not_said_fits() {
        let variant = Some("v8".to_owned());
        let here = Platform { os: "linux".into(), architecture: "arm64".into(), variant };
        let fit = ["linux", "arm64", "linux/aarch64", "linux/arm64", "Linux/arm64/v8"];
        assert_eq!(fit.map(|wanted| here.fits(wanted)), [true; 5]);
        let other = ["windows", "amd64", "linux/amd64", "linux/arm64/v9"];
        assert_eq!(other.map(|wanted| here.fits(wanted)), [false; 4]);
    }
}
