/// A piece of an HTML document.
///
/// Only literals of the program's own source are markup. Whatever is interpolated into one is text
/// and is escaped, scalar by scalar, unless it is a piece of HTML itself; so that forgetting to
/// escape is impossible:
///
///     let name = "<b>"
///     let cell: HTML = "<td>\(name)</td>"  // <td>&lt;b&gt;</td>
///
/// Escaping goes by scalars and not by `Character`: a mark that joins the next character, such as
/// U+0600 before `<`, forms one `Character` with it, which no browser knows about.
struct HTML: ExpressibleByStringInterpolation {
  private(set) var markup: String

  init(stringLiteral value: StaticString) { markup = value.description }

  init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

  /// Text as text, whatever it contains.
  init(text: String) {
    markup = ""
    markup.reserveCapacity(text.utf8.count)
    Self.append(text, to: &markup)
  }

  private init(markup: String) { self.markup = markup }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    init(literalCapacity: Int, interpolationCount: Int) {
      markup.reserveCapacity(literalCapacity + 32 * interpolationCount)
    }

    mutating func appendLiteral(_ literal: StaticString) { markup += literal.description }

    mutating func appendInterpolation(_ html: HTML) { markup += html.markup }

    mutating func appendInterpolation(_ text: String) { HTML.append(text, to: &markup) }

    mutating func appendInterpolation(_ number: Int) { markup += String(number) }
  }

  static func + (left: HTML, right: HTML) -> HTML { HTML(markup: left.markup + right.markup) }

  fileprivate static func joined(_ pieces: some Sequence<HTML>, separator: HTML) -> HTML {
    HTML(markup: pieces.map(\.markup).joined(separator: separator.markup))
  }

  private static func append(_ text: String, to markup: inout String) {
    for scalar in PlainText.safe(text).unicodeScalars {
      switch scalar {
      case "&": markup += "&amp;"
      case "<": markup += "&lt;"
      case ">": markup += "&gt;"
      case "\"": markup += "&quot;"
      case "'": markup += "&#39;"
      case "`": markup += "&#96;"
      default: markup.unicodeScalars.append(scalar)
      }
    }
  }
}

extension Sequence<HTML> {
  func joined(separator: HTML = "") -> HTML { HTML.joined(self, separator: separator) }
}
