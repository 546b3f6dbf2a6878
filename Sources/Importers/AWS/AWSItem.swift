import ImportKit

/// An object of an export with the template around it, if it is part of one.
///
/// It remembers which members were asked for; see ``AWSItem/unread(of:ignoring:in:)``.
struct AWSItem {
  let value: JSONValue
  let template: AWSTemplate?
  let file: Int
  /// Name of the resource in its template.
  var logicalName: String?
  /// Why it is not certain that the resource is there; nil where it is.
  var presence: String?
  private let reads = Reads()

  private final class Reads { var names: Set<String> = [] }

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

  /// Whether there is a member; does not read it.
  func has(_ name: String) -> Bool { !(value.member(name)?.isNull ?? true) }

  func member(_ name: String) -> AWSValue {
    reads.names.insert(name)
    return value.member(name).map { evaluate($0) } ?? .null
  }

  func text(_ name: String) -> String? {
    if case .text(let text) = member(name) { text } else { nil }
  }

  func number(_ name: String) -> Int? { text(name).flatMap { Int($0) } }

  /// A switch by its value: nil where it is missing or not known.
  func flag(_ name: String) -> Bool? {
    switch text(name)?.lowercased() {
    case "true"?: true
    case "false"?: false
    default: nil
    }
  }

  /// A member that is an object.
  func object(_ name: String) -> AWSItem? {
    guard case .json(let json) = member(name), json.isObject else { return nil }
    return AWSItem(json, template: template, file: file)
  }

  /// The elements of a member that is a list of objects.
  func items(_ name: String) -> [AWSItem] { list(name).items }

  /// The elements of a list of objects, those that a template takes in by `Fn::If` included, and
  /// whether some of it is not known.
  func list(_ name: String) -> (items: [AWSItem], isOpen: Bool) {
    let whole = member(name)
    guard case .json(let json) = whole, json.isArray else {
      if case .null = whole { return ([], false) }
      return ([], true)
    }
    var items: [AWSItem] = []
    var isOpen = false
    for element in json.elements {
      switch evaluate(element) {
      case .null: break
      case .json(let json) where json.isObject:
        items.append(AWSItem(json, template: template, file: file))
      case .json(let json) where json.isArray:
        items += json.elements.filter(\.isObject).map {
          AWSItem($0, template: template, file: file)
        }
      default: isOpen = true
      }
    }
    return (items, isOpen)
  }

  /// The elements of a member that is a list of texts, or one text.
  func entries(_ name: String) -> [AWSValue] {
    reads.names.insert(name)
    guard let own = value.member(name) else { return [] }
    switch evaluate(own) {
    case .null: return []
    case .json(let json) where json.isArray:
      return json.elements.compactMap { element in
        let value = evaluate(element)
        if case .null = value { return nil }
        return value
      }
    case let one: return [one]
    }
  }

  func texts(_ name: String) -> [String] {
    entries(name).compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  /// Whether the answer in which the object stands goes on in a further one.
  var isCut: Bool {
    ["NextToken", "nextToken"].contains { name in
      guard let token = value.member(name), !token.isNull else { return false }
      return token.scalarText != ""
    }
  }

  /// One condition for all members that were neither read nor are listed; nil where none is left.
  func unread(
    of what: String, ignoring irrelevant: IrrelevantMembers, in draft: PolicyDraft
  ) -> Condition? {
    let left = value.members.filter { !reads.names.contains($0.key) }
    let record = ExportRecord(
      left.filter { !irrelevant.contains($0.key) && $0.value.saysSomething }.map {
        ExportRecord.Field($0.key, "given", at: position(of: $0.value))
      }, at: position)
    return draft.unread(record, of: what, ignoring: .none)
  }

  /// Clauses for what a template leaves open about the presence of the item.
  func presenceClauses(in draft: PolicyDraft) -> [Clause] {
    presence.map { [.requires(draft.doubt(.notInForce, $0, at: position))] } ?? []
  }
}

extension JSONValue {
  /// Whether the value holds more than its place: not null, nor empty.
  fileprivate var saysSomething: Bool {
    switch kind {
    case .null: false
    case .bool, .number: true
    case .string: !(string ?? "").isEmpty
    case .array, .object: count > 0
    }
  }
}

/// Members that say nothing about which packets a rule matches.
enum AWSIrrelevant {
  static let rule = IrrelevantMembers([
    (reason: "words for people", names: ["Description", "Tags"]),
    (
      reason: "whose rule it is", names: ["GroupId", "GroupOwnerId", "OwnerId", "NetworkAclId"]
    ),
    (
      reason: "names of the rule",
      names: ["SecurityGroupRuleId", "SecurityGroupRuleArn", "Metadata", "VpcId"]
    ),
    (
      reason: "read where rules are sorted",
      names: ["IsEgress", "Egress", "RuleNumber", "Priority"]
    ),
    (
      reason: "who made it and when",
      names: ["CreationTime", "ModificationTime", "CreatorRequestId"]
    ),
    (
      reason: "what a client is told that is blocked",
      names: [
        "BlockResponse", "BlockOverrideDomain", "BlockOverrideDnsType", "BlockOverrideTtl",
        "FirewallRuleGroupId", "FirewallThreatProtectionId", "ConfidenceThreshold",
      ]
    ),
    // ICMP types say nothing about TCP.
    (reason: "for ICMP only", names: ["IcmpTypeCode", "Icmp"]),
  ])

  static let none = IrrelevantMembers.none
}
