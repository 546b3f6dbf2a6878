import Logging
import Reports

/// Writes log lines without the control characters that file names and exports may bring along.
struct SafeLogHandler: LogHandler {
  private var inner: StreamLogHandler

  init(_ inner: StreamLogHandler) { self.inner = inner }

  var logLevel: Logger.Level {
    get { inner.logLevel }
    set { inner.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { inner.metadata }
    set { inner.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { inner[metadataKey: key] }
    set { inner[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    var event = event
    event.message = "\(PlainText.safe(event.message.description))"
    event.metadata = event.metadata?.mapValues { .string(PlainText.safe("\($0)")) }
    inner.log(event: event)
  }
}
