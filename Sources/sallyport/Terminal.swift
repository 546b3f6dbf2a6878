import Foundation
import Reports

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
    FileHandle.standardError.write(Data((PlainText.safe(text) + "\n").utf8))
  }
}
