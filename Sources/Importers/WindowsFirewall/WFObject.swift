import ImportKit

/// A JSON object of the cmdlets, whose members have names in any case and values as texts, numbers,
/// lists or wrappers (`{"Value": 2, "DisplayName": …}`), depending on how they were converted.
final class WFObject {
  let value: JSONValue
  let record: ExportRecord

  init(_ value: JSONValue, file: Int) {
    self.value = value
    record = ExportRecord(value, file: file)
  }

  /// What stands for a value that is no text, number or truth value: a word that equals no other.
  private static let odd = "{{ object }}"

  private func member(_ name: String) -> JSONValue? {
    let wanted = name.lowercased()
    guard let key = value.members.first(where: { $0.key.lowercased() == wanted })?.key else {
      return nil
    }
    return record.value(key)
  }

  private static func scalar(_ value: JSONValue) -> String? {
    if let text = value.scalarText { return text }
    if value.isNull { return nil }
    for name in ["Value", "value"] {
      if let inner = value.member(name)?.scalarText { return inner }
    }
    return odd
  }

  /// The text of a member; nil where it is missing or null.
  func text(_ name: String) -> String? { member(name).flatMap(Self.scalar) }

  /// The texts of a member that is a text, a comma list or an array; empty where it says any; nil
  /// where there is none.
  func list(_ name: String) -> [String]? {
    guard var member = member(name) else { return nil }
    if member.isObject, let inner = member["value"], inner.isArray { member = inner }
    let texts =
      member.isArray ? member.elements.compactMap(Self.scalar) : [Self.scalar(member) ?? ""]
    let parts = texts.flatMap { $0.split(separator: ",") }.map { part in
      String(part.drop { $0 == " " })
    }
    return parts.contains { ["any", "*"].contains($0.lowercased()) } ? [] : parts
  }

  /// Members that are objects themselves, such as filters inside a rule; neither wrappers of values
  /// nor what plays no part.
  func inner() -> [JSONValue] {
    value.members.filter { key, member in
      member.isObject && member["Value"] == nil && member["value"] == nil
        && !Self.irrelevant.contains(key)
    }
    .compactMap { record.value($0.key) }
  }

  /// Members of rules, filters, profiles and keywords that do not say which packets are meant.
  /// Source: learn.microsoft.com, MSFT_NetFirewallRule and its filters.
  static let irrelevant = IrrelevantMembers([
    (
      "names, describes or files the object",
      [
        "Name", "ID", "DisplayName", "RuleName", "Description", "Group", "DisplayGroup",
        "RuleGroup",
        "ElementName", "Caption", "CommonName", "InstanceID", "PolicyKeywords", "PolicyRuleName",
        "ProfileName", "computer",
      ]
    ),
    (
      "says where the object stands in WMI",
      [
        "CreationClassName", "SystemCreationClassName", "SystemName", "CimClass",
        "CimInstanceProperties", "CimSystemProperties", "PSComputerName", "PSShowComputerName",
        "RunspaceId", "PolicyStoreSource", "PolicyRoles", "RuleUsage",
      ]
    ),
    (
      "is to be ignored, by the documentation",
      [
        "ConditionListType", "ExecutionStrategy", "Mandatory", "PolicyDecisionStrategy", "Priority",
        "SequencedActions",
      ]
    ),
    ("tells that the object was read well", ["PrimaryStatus", "Status", "StatusCode"]),
    (
      "is about traffic that comes in",
      [
        "EdgeTraversalPolicy", "LooseSourceMapping", "LocalOnlyMapping", "DefaultInboundAction",
        "AllowInboundRules", "AllowUnicastResponseToMulticast", "AllowUserApps", "AllowUserPorts",
        "NotifyOnListen", "EnableStealthModeForIPsec", "DisabledInterfaceAliases",
      ]
    ),
    (
      "is about connection security or logs",
      [
        "AllowLocalIPsecRules", "LogAllowed", "LogBlocked", "LogFileName", "LogIgnored",
        "LogMaxSizeKilobytes",
      ]
    ),
    ("counts for rules about ICMP only", ["IcmpType"]),
    ("says how a secured connection is protected", ["Encryption"]),
  ])

  /// What was neither read nor listed, as one condition.
  func unread(of what: String, _ doubts: Doubts) -> Condition? {
    let left = record.unread(ignoring: Self.irrelevant).filter { member in
      // Names have any case.
      !Self.lowerIrrelevant.contains(member.path.lowercased())
    }
    guard let first = left.first else { return nil }
    let names = left.prefix(4).map { "`\($0.path)`" }.joined(separator: ", ")
    return doubts.doubt(
      .unmodelled,
      "\(what) has \(names), which is not understood and may change what it matches or does",
      at: first.position)
  }

  private static let lowerIrrelevant: Set<String> = [
    "name", "id", "displayname", "rulename", "description", "group", "displaygroup", "rulegroup",
    "caption", "instanceid", "policystoresource", "edgetraversalpolicy", "status", "primarystatus",
    "loosesourcemapping", "localonlymapping",
  ]
}
