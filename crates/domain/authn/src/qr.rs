//! Keys of one-time passwords as QR codes, for a terminal and as a drawing.
//!
//! A code holds the key: whoever sees it can make every code of the user.

use crate::admission::Provision;
use qrcode::render::{svg, unicode};
use qrcode::types::QrError;
use qrcode::{EcLevel, QrCode};
use zeroize::Zeroizing;

/// The name of an issuer or account is too long for a code of any size (2,331 bytes in all at this level of correction).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

impl core::fmt::Display for TooLong {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the names of issuer and account are too long for a QR code")
    }
}

impl core::error::Error for TooLong {}

impl From<QrError> for TooLong {
    fn from(_: QrError) -> Self {
        Self
    }
}

impl Provision {
    /// The code in half blocks, two rows a line, with the quiet zone around it that readers need. Its dark squares are those
    /// where nothing is drawn: it is read on a dark terminal and, by readers that know inverted codes, on a light one.
    pub fn qr_text(&self) -> Result<Zeroizing<String>, TooLong> {
        let (dark, light) = (unicode::Dense1x2::Light, unicode::Dense1x2::Dark);
        let code = self.code()?;
        let mut drawn = code.render::<unicode::Dense1x2>();
        Ok(Zeroizing::new(drawn.dark_color(dark).light_color(light).build()))
    }

    /// The code as SVG, black on white, at least 240 units wide.
    pub fn qr_svg(&self) -> Result<Zeroizing<String>, TooLong> {
        let code = self.code()?;
        let mut drawn = code.render::<svg::Color<'_>>();
        Ok(Zeroizing::new(drawn.min_dimensions(240, 240).build()))
    }

    fn code(&self) -> Result<QrCode, TooLong> {
        Ok(QrCode::with_error_correction_level(self.uri.as_bytes(), EcLevel::M)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totp::provision;

    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn a_code_is_drawn_twice() {
        let provision = provision(KEY, "Clinic", "ann");
        let text = provision.qr_text().unwrap();
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|two| two[0] == two[1]), "{widths:?}");
        // Version 5 of the standard has 37 modules; the quiet zone is 4 on each side.
        let code = QrCode::with_error_correction_level(provision.uri.as_bytes(), EcLevel::M).unwrap();
        assert_eq!(widths[0], code.width() + 8);
        assert_eq!(widths.len(), (code.width() + 8).div_ceil(2));
        assert!(text.chars().all(|c| "█▀▄ \n".contains(c)));
        // Of the first corner the outer ring is dark and the ring in it is light.
        let square = |x: usize, y: usize| {
            let c = text.lines().nth(2 + y / 2).unwrap().chars().nth(4 + x).unwrap();
            let upper = y.is_multiple_of(2);
            !(c == '█' || (upper && c == '▀') || (!upper && c == '▄'))
        };
        for at in 0..7 {
            assert!(square(at, 0) && square(0, at) && square(6, at) && square(at, 6), "{at}");
        }
        for at in 1..6 {
            assert!(!square(at, 1) && !square(1, at), "{at}");
        }
        let svg = provision.qr_svg().unwrap();
        assert!(svg.contains("<svg") && svg.ends_with("</svg>"));
        assert!(!svg.contains("GEZD"), "the key stands in the squares alone");
    }

    #[test]
    fn what_fits_no_code_is_refused() {
        let provision = provision(KEY, &"i".repeat(2_000), &"a".repeat(500));
        assert_eq!((provision.qr_text(), provision.qr_svg()), (Err(TooLong), Err(TooLong)));
    }
}
