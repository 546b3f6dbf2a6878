import ImportKit

/// A value of an export, with the intrinsic functions of templates evaluated as far as they go.
enum AWSValue {
  case null
  case text(String)
  case json(JSONValue)
  /// A resource of the same template, by its logical name.
  case reference(String)
  /// Depends on the running stack; what is missing.
  case unknown(String)

  /// What is missing, for a reader.
  var missing: String {
    switch self {
    case .unknown(let text): text
    case .reference(let name): "a value of resource `\(name)`"
    default: "a value that is not readable"
    }
  }
}

/// The parameters, mappings, conditions and resources of a CloudFormation template.
///
/// Source: docs.aws.amazon.com, CloudFormation user guide, "Intrinsic function reference" and
/// "Condition functions". Default values of parameters count as their values.
struct AWSTemplate {
  let root: JSONValue
  private static let depthLimit = 16

  func evaluate(_ value: JSONValue, depth: Int = 0) -> AWSValue {
    guard depth < Self.depthLimit else { return .unknown("a value nested too deeply") }
    switch value.kind {
    case .null: return .null
    case .array: return .json(value)
    case .string, .number, .bool: return .text(value.scalarText ?? "")
    case .object: break
    }
    guard value.count == 1, let (name, body) = value.members.first else { return .json(value) }
    switch name {
    case "Ref": return reference(body.string ?? "", depth: depth)
    case "Fn::GetAtt": return attribute(body, depth: depth)
    case "Fn::Sub":
      let text = body.string ?? body.elements.map { $0 }.first?.string
      return text.map { substitute($0, body, depth: depth) } ?? .unknown("`Fn::Sub`")
    case "Fn::Join": return join(body, depth: depth)
    case "Fn::If":
      let parts = body.elements.map { $0 }
      guard parts.count == 3, let name = parts[0].string,
        let holds = condition(name, depth: depth + 1)
      else { return .unknown("`Fn::If` with a condition that is not known") }
      return evaluate(parts[holds ? 1 : 2], depth: depth + 1)
    case "Fn::FindInMap":
      let keys = body.elements.prefix(3).map { evaluate($0, depth: depth + 1) }
      guard keys.count == 3, case .text(let map) = keys[0], case .text(let first) = keys[1],
        case .text(let second) = keys[2],
        let found = root["Mappings"]?.member(map)?.member(first)?.member(second)
      else { return .unknown("`Fn::FindInMap` with a key that is not known") }
      return evaluate(found, depth: depth + 1)
    case "Fn::Select":
      let parts = body.elements.map { $0 }
      guard parts.count == 2, case .text(let text) = evaluate(parts[0], depth: depth + 1),
        let index = Int(text), case .json(let list) = evaluate(parts[1], depth: depth + 1),
        list.isArray, index >= 0, index < list.count
      else { return .unknown("`Fn::Select` from a list that is not known") }
      return list.elements.dropFirst(index).first(where: { _ in true })
        .map { evaluate($0, depth: depth + 1) } ?? .unknown("`Fn::Select`")
    default:
      return name.hasPrefix("Fn::")
        ? .unknown("`\(name)`, which depends on the running stack") : .json(value)
    }
  }

  private func join(_ body: JSONValue, depth: Int) -> AWSValue {
    let parts = body.elements.map { $0 }
    guard parts.count == 2, let mark = parts[0].string, parts[1].isArray else {
      return .unknown("`Fn::Join`")
    }
    var texts: [String] = []
    for part in parts[1].elements {
      guard case .text(let text) = evaluate(part, depth: depth + 1) else {
        return .unknown("`Fn::Join` of parts that are not in the template")
      }
      texts.append(text)
    }
    return .text(texts.joined(separator: mark))
  }

  // MARK: Conditions

  /// Whether a named condition holds; nil where the template does not settle it.
  func condition(_ name: String, depth: Int = 0) -> Bool? {
    guard let body = root["Conditions"]?.member(name) else { return nil }
    return holds(body, depth: depth + 1)
  }

  private func holds(_ value: JSONValue, depth: Int) -> Bool? {
    guard depth < Self.depthLimit, value.isObject, value.count == 1,
      let (name, body) = value.members.first
    else { return nil }
    switch name {
    case "Condition": return body.string.flatMap { condition($0, depth: depth + 1) }
    case "Fn::Equals":
      let parts = body.elements.map { evaluate($0, depth: depth + 1) }
      guard parts.count == 2, case .text(let one) = parts[0], case .text(let two) = parts[1] else {
        return nil
      }
      return one == two
    case "Fn::Not": return body.elements.map { holds($0, depth: depth + 1) }.first?.map { !$0 }
    case "Fn::And", "Fn::Or":
      let parts = body.elements.map { holds($0, depth: depth + 1) }
      let decisive = name == "Fn::Or"
      if parts.contains(decisive) { return decisive }
      return parts.contains(nil) ? nil : !decisive
    default: return nil
    }
  }

  // MARK: References

  private func reference(_ name: String, depth: Int) -> AWSValue {
    if name == "AWS::NoValue" { return .null }
    if let parameter = root["Parameters"]?.member(name) {
      guard let standard = parameter["Default"], parameter["NoEcho"]?.scalarText != "true" else {
        return .unknown("parameter `\(name)` has no value in the template")
      }
      return evaluate(standard, depth: depth + 1)
    }
    if root["Resources"]?.member(name) != nil { return .reference(name) }
    return .unknown("`\(name)`, which depends on the running stack")
  }

  private func attribute(_ body: JSONValue, depth: Int) -> AWSValue {
    var parts = body.elements.compactMap(\.string)
    if let text = body.string { parts = text.split(separator: ".", maxSplits: 1).map(String.init) }
    guard parts.count == 2, let resource = root["Resources"]?.member(parts[0]) else {
      return .unknown("`Fn::GetAtt`")
    }
    // An attribute that is a property too has the property's value.
    if let own = resource["Properties"]?.member(parts[1]) { return evaluate(own, depth: depth + 1) }
    return .reference(parts[0])
  }

  /// `Fn::Sub`, whose second element may give values of its own; `${!x}` stands for `${x}`.
  private func substitute(_ text: String, _ body: JSONValue, depth: Int) -> AWSValue {
    let own = body.isArray ? body.elements.map { $0 }.dropFirst().first : nil
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
      let name = String(rest[start.upperBound..<end])
      rest = rest[rest.index(after: end)...]
      if name.hasPrefix("!") {
        result += "${" + name.dropFirst() + "}"
        continue
      }
      let value = own?.member(name).map { evaluate($0, depth: depth + 1) }
      guard case .text(let value) = value ?? reference(name, depth: depth + 1) else {
        return .unknown("`\(name)`, which depends on the running stack")
      }
      result += value
    }
    return .text(result + rest)
  }
}
