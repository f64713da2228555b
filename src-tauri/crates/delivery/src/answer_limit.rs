//! A bound on answers: the SDK collects every answer of the operations used here in memory.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextMut;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The largest page of ListParts and ListMultipartUploads stays below 1 MiB.
const MAX_ANSWER_BYTES: usize = 8 << 20;

/// Fails answers that are larger than any S3 answer of these operations.
#[derive(Debug)]
pub(crate) struct AnswerLimit;

impl Intercept for AnswerLimit {
    fn name(&self) -> &'static str {
        "AnswerLimit"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response_mut().body_mut();
        let inner = std::mem::replace(body, SdkBody::taken());
        *body = SdkBody::from_body_1_x(Limited {
            inner,
            left: MAX_ANSWER_BYTES,
        });
        Ok(())
    }
}

struct Limited {
    inner: SdkBody,
    left: usize,
}

impl Body for Limited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = self.get_mut();
        let Some(frame) = ready!(Pin::new(&mut this.inner).poll_frame(cx)?) else {
            return Poll::Ready(None);
        };
        let len = frame.data_ref().map_or(0, Bytes::len);
        let Some(left) = this.left.checked_sub(len) else {
            return Poll::Ready(Some(Err("the answer is too large".into())));
        };
        this.left = left;
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.inner)
    }
}
