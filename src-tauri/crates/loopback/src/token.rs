//! The secret a client of a local server shows.

use std::fmt;

use rand::RngCore;
use subtle::ConstantTimeEq;

/// A bearer token (RFC 6750). Debug output never shows it.
#[derive(Clone)]
pub struct Token(String);

/// Why a text can't be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is 16 to 512 letters, digits or - . _ ~")]
pub struct TokenError;

impl Token {
    /// A new token of 256 random bits from the operating system.
    pub fn random() -> Self {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A token from its text, for a client that was told it.
    ///
    /// # Errors
    ///
    /// [`TokenError`] when the text is short, very long or needs escaping in a URL.
    pub fn new(text: impl Into<String>) -> Result<Self, TokenError> {
        let text = text.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if (16..=512).contains(&text.len()) && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        Err(TokenError)
    }

    /// The text, to hand it to a client. Keep it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether `offered` is this token; takes the same time wherever they differ.
    pub fn matches(&self, offered: &str) -> bool {
        self.0.as_bytes().ct_eq(offered.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_are_long_and_differ() {
        let (one, other) = (Token::random(), Token::random());
        assert_eq!(one.expose().len(), 64);
        assert!(one.matches(one.expose()) && !one.matches(other.expose()));
        assert!(!one.matches("") && !one.matches(&one.expose()[..63]));
        assert!(Token::new(one.expose()).is_ok());
    }

    #[test]
    fn debug_output_hides_the_token() {
        let token = Token::new("abcdefghijklmnop").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn refuses_what_is_guessable_or_needs_escaping() {
        for text in ["", "short", "sixteen letters!", "a b c d e f g h i j"] {
            assert!(Token::new(text).is_err(), "{text}");
        }
        assert!(Token::new("x".repeat(513)).is_err());
    }
}
