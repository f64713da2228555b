//! A token bucket per address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

/// Addresses remembered at once.
const ADDRESSES: usize = 10_000;

/// How much one address may ask. Many phones of one place share an address, so the default serves
/// hundreds of viewers behind one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests and report lines at once.
    pub burst: u32,
    /// Requests and report lines a second in the long run.
    pub per_second: u32,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            burst: 600,
            per_second: 60,
        }
    }
}

/// What is left to an address, in thousandths of a request.
#[derive(Clone, Copy)]
struct Bucket {
    left: u64,
    at_ms: i64,
}

/// The buckets of all addresses.
pub(crate) struct Limiter {
    rate: Rate,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::default(),
        }
    }

    /// Whether `address` may do `cost` more things at `now_ms`, which are then taken from it.
    pub(crate) fn take(&self, address: IpAddr, cost: u32, now_ms: i64) -> bool {
        let key = network(address);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES && !buckets.contains_key(&key) {
            self.forget(&mut buckets, now_ms);
        }
        let full = Bucket {
            left: u64::from(self.rate.burst) * 1000,
            at_ms: now_ms,
        };
        let bucket = buckets.entry(key).or_insert(full);
        bucket.left = self.refilled(*bucket, now_ms);
        bucket.at_ms = now_ms;
        let cost = u64::from(cost) * 1000;
        let enough = bucket.left >= cost;
        if enough {
            bucket.left -= cost;
        }
        enough
    }

    fn refilled(&self, bucket: Bucket, now_ms: i64) -> u64 {
        let passed = u64::try_from(now_ms.saturating_sub(bucket.at_ms)).unwrap_or(0);
        let gained = passed.saturating_mul(u64::from(self.rate.per_second));
        bucket
            .left
            .saturating_add(gained)
            .min(u64::from(self.rate.burst) * 1000)
    }

    /// Makes room: full buckets say nothing, and if there are none those not used longest go.
    fn forget(&self, buckets: &mut HashMap<IpAddr, Bucket>, now_ms: i64) {
        let full = u64::from(self.rate.burst) * 1000;
        buckets.retain(|_, bucket| self.refilled(*bucket, now_ms) < full);
        if buckets.len() >= ADDRESSES {
            let mut used: Vec<(i64, IpAddr)> = buckets
                .iter()
                .map(|(key, bucket)| (bucket.at_ms, *key))
                .collect();
            used.select_nth_unstable(ADDRESSES / 10);
            for (_, key) in used.iter().take(ADDRESSES / 10) {
                buckets.remove(key);
            }
        }
    }
}

/// One customer's IPv6 network is one address: they have 2^64 to choose from.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.into(),
            None => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
        },
        IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn v4(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(n).into()
    }

    #[test]
    fn a_burst_then_a_steady_rate() {
        let limiter = Limiter::new(Rate {
            burst: 3,
            per_second: 2,
        });
        assert!((0..3).all(|_| limiter.take(v4(1), 1, 0)));
        assert!(!limiter.take(v4(1), 1, 0));
        assert!(limiter.take(v4(2), 3, 0), "another address has its own");
        assert!(!limiter.take(v4(1), 1, 499));
        assert!(limiter.take(v4(1), 1, 500));
        assert!(
            !limiter.take(v4(1), 1, 400),
            "a clock set back gives nothing away"
        );
        assert!(limiter.take(v4(1), 3, 60_000));
        assert!(
            !limiter.take(v4(1), 1, 60_000),
            "no more than the burst is saved up"
        );
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let limiter = Limiter::new(Rate {
            burst: 1,
            per_second: 1,
        });
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(limiter.take(address("2001:db8::1"), 1, 0));
        assert!(!limiter.take(address("2001:db8::2"), 1, 0));
        assert!(limiter.take(address("2001:db8:0:1::1"), 1, 0));
        assert!(limiter.take(address("::ffff:10.0.0.1"), 1, 0));
        assert!(!limiter.take(address("10.0.0.1"), 1, 0));
    }

    #[test]
    fn memory_is_bounded_and_the_busy_are_remembered() {
        let limiter = Limiter::new(Rate {
            burst: 2,
            per_second: 1,
        });
        assert!(limiter.take(v4(0), 2, 1_000));
        for n in 1..=2 * ADDRESSES as u32 {
            assert!(limiter.take(v4(n), 1, 1_000));
            assert!(limiter.buckets.lock().unwrap().len() <= ADDRESSES);
        }
        let limiter = Limiter::new(Rate {
            burst: 2,
            per_second: 1,
        });
        for n in 1..=ADDRESSES as u32 {
            assert!(limiter.take(v4(n), 1, 0));
        }
        assert!(limiter.take(v4(0), 2, 1_000));
        assert!(limiter.take(v4(u32::MAX), 1, 1_000));
        assert_eq!(
            limiter.buckets.lock().unwrap().len(),
            2,
            "full buckets were forgotten"
        );
        assert!(!limiter.take(v4(0), 1, 1_000));
    }
}
