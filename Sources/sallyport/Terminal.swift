import Foundation
import Reports
import Synchronization

/// What the program is writing to.
enum Terminal {
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Columns of the terminal, of `COLUMNS` where output goes elsewhere; 80 where neither is known.
  static var width: Int {
    var size = winsize()
    if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
      return Int(size.ws_col)
    }
    return ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
  }

  /// Colour on terminals only, and not where `NO_COLOR` is set (no-color.org).
  static var colour: Bool {
    let environment = ProcessInfo.processInfo.environment
    return outputIsTerminal && environment["NO_COLOR"]?.isEmpty ?? true
      && environment["TERM"] != "dumb"
  }

  static func style(showsAll: Bool = false) -> TextReport.Style {
    TextReport.Style(width: width, colour: colour, showsAll: showsAll)
  }

  /// A message for the user, apart from the results.
  static func say(_ text: String) {
    StandardStreams.say(PlainText.safe(text) + "\n")
  }
}

/// One line on standard error that tells how far long work has come; nothing where that is no
/// terminal.
final class ProgressLine: Sendable {
  private let what: String
  private let last = Mutex(Date.distantPast)

  init(_ what: String) { self.what = what }

  @Sendable func show(_ done: Int, _ total: Int) {
    guard Terminal.errorIsTerminal, total > 1 else { return }
    let isDue = last.withLock { last in
      guard Date().timeIntervalSince(last) > 0.1 || done == total else { return false }
      last = Date()
      return true
    }
    if isDue { StandardStreams.say("\r\(what) \(done)/\(total)\u{1B}[K") }
  }

  func end() {
    guard Terminal.errorIsTerminal else { return }
    StandardStreams.say("\r\u{1B}[K")
  }
}
