import ImportKit

/// The parameters, variables and functions of one deployment template.
///
/// Source: learn.microsoft.com, "Template functions in ARM templates". Evaluated are the functions
/// whose value the template itself settles; whatever needs the running subscription (`reference`,
/// `uniqueString`, `resourceGroup`) stays unknown and is reported as such.
final class ARMTemplate {
  /// The file in which the template stands.
  let file: Int
  let budget: ARMBudget
  private let parameters: JSONValue?
  private let variables: JSONValue?
  private let functions: JSONValue?
  /// Values from a parameters file or from the deployment that nests this template.
  private let given: [String: ARMValue]
  /// Parameters and variables are evaluated once.
  private var known: [String: ARMValue] = [:]
  /// Those being evaluated, to catch circles.
  private var inProgress: Set<String> = []

  init(_ template: JSONValue?, file: Int, given: [String: ARMValue] = [:], budget: ARMBudget) {
    self.file = file
    self.budget = budget
    parameters = template?["parameters"]
    variables = template?["variables"]
    functions = template?["functions"]
    self.given = given
  }

  /// A parameter without a value stays open, also where it may be null: the template alone does not
  /// say what the deployment was given.
  func parameter(_ name: String) -> ARMValue {
    if let value = given[name.lowercased()] { return value }
    guard let declared = parameters?.member(ignoringCase: name),
      let standard = declared.member(ignoringCase: "defaultValue")
    else { return .unknown("parameter `\(name)` has no value in the template") }
    return once("parameter `\(name)`") { ARMScope(self).evaluate(standard) }
  }

  func variable(_ name: String) -> ARMValue {
    let scope = ARMScope(self)
    if let value = variables?.member(ignoringCase: name) {
      return once("variable `\(name)`") { scope.evaluate(value) }
    }
    guard let variables else { return .unknown("variable `\(name)` is not defined") }
    return once("variable `\(name)`") {
      scope.looped(name, variables) ?? .unknown("variable `\(name)` is not defined")
    }
  }

  private func once(_ name: String, _ body: () -> ARMValue) -> ARMValue {
    let key = name.lowercased()
    if let value = known[key] { return value }
    guard inProgress.insert(key).inserted else { return .unknown("\(name) refers to itself") }
    defer { inProgress.remove(key) }
    let value = budget.deeper(body)
    known[key] = value
    return value
  }

  /// The body and parameter names of a function that the template defines, by `namespace.name`.
  func function(_ name: String) -> (parameters: [String], output: JSONValue)? {
    let parts = name.split(separator: ".", maxSplits: 1).map { $0.lowercased() }
    guard parts.count == 2 else { return nil }
    for group in functions?.elements.map({ $0 }) ?? [] {
      guard group.member(ignoringCase: "namespace")?.string?.lowercased() == parts[0],
        let function = group.member(ignoringCase: "members")?.member(ignoringCase: parts[1]),
        let output = function.member(ignoringCase: "output")?.member(ignoringCase: "value")
      else { continue }
      let names = function.member(ignoringCase: "parameters")?.elements.map {
        $0.member(ignoringCase: "name")?.string?.lowercased() ?? ""
      }
      return (names ?? [], output)
    }
    return nil
  }
}
