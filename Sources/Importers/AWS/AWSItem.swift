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
}

/// The parameters, mappings and resources of a CloudFormation template.
///
/// Source: docs.aws.amazon.com, CloudFormation user guide, "Intrinsic function reference".
struct AWSTemplate {
  let root: JSONValue

  func evaluate(_ value: JSONValue, depth: Int = 0) -> AWSValue {
    guard depth < 16 else { return .unknown("a value nested too deeply") }
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
      return text.map { substitute($0, depth: depth) } ?? .unknown("`Fn::Sub`")
    case "Fn::Join":
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
    case "Fn::FindInMap", "Fn::If", "Fn::Select", "Fn::Split", "Fn::ImportValue", "Fn::Cidr",
      "Fn::Transform", "Fn::Base64", "Fn::GetAZs":
      return .unknown("`\(name)`, which depends on the running stack")
    default: return .json(value)
    }
  }

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

  private func substitute(_ text: String, depth: Int) -> AWSValue {
    var result = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else { break }
      let name = String(rest[start.upperBound..<end])
      guard case .text(let value) = reference(name, depth: depth + 1) else {
        return .unknown("`\(name)`, which depends on the running stack")
      }
      result += value
      rest = rest[rest.index(after: end)...]
    }
    return .text(result + rest)
  }
}

/// An object of an export with the template around it, if it is part of one.
struct AWSItem {
  let value: JSONValue
  let template: AWSTemplate?
  let file: Int
  /// Name of the resource in its template.
  var logicalName: String?

  init(_ value: JSONValue, template: AWSTemplate?, file: Int, logicalName: String? = nil) {
    self.value = value
    self.template = template
    self.file = file
    self.logicalName = logicalName
  }

  var position: SourcePosition { position(of: value) }

  func position(of value: JSONValue) -> SourcePosition {
    SourcePosition(file: file, line: value.line, pointer: value.pointer)
  }

  func evaluate(_ value: JSONValue) -> AWSValue {
    if let template { return template.evaluate(value) }
    switch value.kind {
    case .null: return .null
    case .array, .object: return .json(value)
    default: return .text(value.scalarText ?? "")
    }
  }

  func member(_ name: String) -> AWSValue {
    value.member(name).map { evaluate($0) } ?? .null
  }

  func text(_ name: String) -> String? {
    if case .text(let text) = member(name) { text } else { nil }
  }

  func number(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

  /// A member that is an object.
  func object(_ name: String) -> AWSItem? {
    guard case .json(let json) = member(name), json.isObject else { return nil }
    return AWSItem(json, template: template, file: file)
  }

  /// The elements of a member that is a list of objects.
  func items(_ name: String) -> [AWSItem] {
    guard case .json(let json) = member(name), json.isArray else { return [] }
    return json.elements.map { AWSItem($0, template: template, file: file) }
  }

  /// The elements of a member that is a list of texts, or one text.
  func entries(_ name: String) -> [AWSValue] {
    guard let own = value.member(name) else { return [] }
    switch evaluate(own) {
    case .null: return []
    case .json(let json) where json.isArray: return json.elements.map { evaluate($0) }
    case let one: return [one]
    }
  }

  func texts(_ name: String) -> [String] {
    entries(name).compactMap { if case .text(let text) = $0 { text } else { nil } }
  }
}
