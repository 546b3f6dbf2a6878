/// What the expressions of an export may cost altogether.
///
/// A few lines of template can double a text or an array line by line. The service refuses such
/// templates (4 MB after expansion, learn.microsoft.com, "Template limits"); here the evaluation
/// ends in a value that is not known.
final class ARMBudget {
  /// Calls and values that are looked at.
  private var steps = 4_000_000
  /// Bytes of text that functions make.
  private var text = 32 << 20
  /// Elements of arrays and objects that functions make.
  private var items = 1_000_000
  /// How deep evaluations stand inside each other: variables that name variables, calls in calls.
  private var depth = 0
  private static let depthLimit = 96

  static let exceeded = "an expression that expands beyond every limit of the service"

  /// Expressions read so far, by their text.
  private var expressions: [String: ARMExpression?] = [:]

  /// False where the expressions have cost too much already.
  func spend(steps more: Int = 1, text bytes: Int = 0, items count: Int = 0) -> Bool {
    guard steps > 0, text > 0, items > 0 else { return false }
    steps -= min(steps, more)
    text -= min(text, bytes)
    items -= min(items, count)
    return steps > 0 && text > 0 && items > 0
  }

  /// Runs a step of the evaluation one level deeper.
  func deeper(_ body: () -> ARMValue) -> ARMValue {
    guard depth < Self.depthLimit, spend() else { return .unknown(Self.exceeded) }
    depth += 1
    defer { depth -= 1 }
    return body()
  }

  /// The expression between the brackets of a text; nil where it is none.
  func expression(in text: String) -> ARMExpression? {
    if let known = expressions[text] { return known }
    guard spend(steps: text.utf8.count) else { return nil }
    var parser = ARMExpressionParser(text.dropFirst().dropLast())
    let result = parser.parse()
    expressions[text] = .some(result)
    return result
  }
}
