//! Which channels of the programme an event goes to.

/// Sound channels beyond these are refused.
const MOST: u8 = 16;

/// Channels of an event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Channels {
    /// Pictures.
    pub(super) video: bool,
    /// Sound channels from 1, each once.
    pub(super) audio: Vec<u8>,
}

impl Channels {
    /// Reads `V`, `A`, `A2`, `AA`, `AA/V`, `VA1A2`, `B` (both: pictures and channel 1) or `NONE`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut channels = Self::default();
        match text {
            "NONE" => return Some(channels),
            "B" | "BOTH" => {
                channels.video = true;
                channels.add(1);
                return Some(channels);
            }
            _ => {}
        }
        let mut rest = text;
        while !rest.is_empty() {
            rest = if let Some(rest) = rest.strip_prefix("AA") {
                channels.add(1);
                channels.add(2);
                rest
            } else if let Some(behind) = rest.strip_prefix('A') {
                let digits = behind.len()
                    - behind
                        .trim_start_matches(|c: char| c.is_ascii_digit())
                        .len();
                let (number, behind) = behind.split_at(digits);
                let number = match number {
                    "" => 1,
                    number => number
                        .parse()
                        .ok()
                        .filter(|number| (1..=MOST).contains(number))?,
                };
                channels.add(number);
                behind
            } else if let Some(rest) = rest.strip_prefix('V') {
                channels.video = true;
                rest.strip_prefix('1').unwrap_or(rest)
            } else {
                rest.strip_prefix('/')?
            };
        }
        (text != "/").then_some(channels)
    }

    /// Adds the channels of an `AUD` line; false when they are none.
    pub(super) fn add_listed(&mut self, text: &str) -> bool {
        text.split_whitespace().all(|word| {
            let number = word
                .parse()
                .ok()
                .filter(|number| (1..=MOST).contains(number));
            number.is_some_and(|number| {
                self.add(number);
                true
            })
        })
    }

    /// The tracks of sound it goes to. The two channels of a pair are one stereo track, named by the
    /// first: what is cut from a file is all of its sound.
    pub(super) fn tracks(&self) -> impl Iterator<Item = u8> {
        self.audio
            .iter()
            .copied()
            .filter(|number| number % 2 == 1 || !self.audio.contains(&(number - 1)))
    }

    fn add(&mut self, number: u8) {
        if !self.audio.contains(&number) {
            self.audio.push(number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_channels() {
        for (text, video, audio) in [
            ("V", true, &[][..]),
            ("A", false, &[1]),
            ("A2", false, &[2]),
            ("A16", false, &[16]),
            ("AA", false, &[1, 2]),
            ("AA/V", true, &[1, 2]),
            ("A2/V", true, &[2]),
            ("VA1A2", true, &[1, 2]),
            ("V1", true, &[]),
            ("B", true, &[1]),
            ("NONE", false, &[]),
        ] {
            let channels = Channels::read(text).unwrap();
            assert_eq!(
                (channels.video, channels.audio.as_slice()),
                (video, audio),
                "{text}"
            );
        }
        for text in ["C", "X", "A0", "A17", "A999", "/", "V2", "D"] {
            assert_eq!(Channels::read(text), None, "{text}");
        }
    }

    #[test]
    fn pairs_are_one_track() {
        let tracks = |text: &str| Channels::read(text).unwrap().tracks().collect::<Vec<_>>();
        assert_eq!(tracks("AA/V"), [1]);
        assert_eq!(tracks("A2"), [2]);
        assert_eq!(tracks("A1A2A3A4"), [1, 3]);
        let mut channels = Channels::read("AA").unwrap();
        assert!(channels.add_listed(" 3  4 ") && !channels.add_listed("x"));
        assert_eq!(channels.tracks().collect::<Vec<_>>(), [1, 3]);
    }
}
