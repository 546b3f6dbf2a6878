import JSONTree
import PolicyModel

/// The resources of a set of documents that matter, found wherever they stand.
struct AzureResources {
  /// A JSON object with the template in whose words it is written.
  struct Item {
    let value: JSONValue
    let template: ARMTemplate
    let file: Int

    /// `properties` where there is such a member (REST, templates), else the object itself (az cli).
    var properties: JSONValue {
      if let inner = value["properties"], inner.isObject { return inner }
      return value
    }

    func text(_ name: String, in object: JSONValue? = nil) -> String? {
      (object ?? value).member(ignoringCase: name).flatMap { template.evaluate($0).text }
    }

    /// The name as far as it is known, with what is missing in angle brackets.
    var label: String? {
      value["name"]?.string.map { template.display($0) }
    }

    var position: SourcePosition {
      SourcePosition(file: file, line: value.line, pointer: value.pointer)
    }
  }

  private(set) var policies: [Item] = []
  private(set) var groups: [Item] = []
  /// Rule collections outside of any group: fragments.
  private(set) var collections: [Item] = []
  private(set) var ipGroups: [Item] = []
  private(set) var classics: [Item] = []
  private(set) var parameterValues: [String: ARMValue] = [:]
  private(set) var isParametersFile = false
  private(set) var notes: [Note] = []
  private(set) var firewallName: String?
  var file = 0

  var holdsPolicy: Bool {
    !policies.isEmpty || !groups.isEmpty || !collections.isEmpty || !classics.isEmpty
  }

  /// Reads `parameters.x.value` of a deployment parameters file.
  mutating func collectParameters(_ value: JSONValue) {
    guard value["$schema"]?.string?.lowercased().contains("deploymentparameters") ?? false else {
      return
    }
    isParametersFile = true
    let plain = ARMTemplate(template: nil)
    for (name, member) in value["parameters"]?.members ?? [] {
      if let given = member["value"] { parameterValues[name.lowercased()] = plain.evaluate(given) }
    }
  }

  mutating func collect(_ value: JSONValue, template: ARMTemplate, depth: Int = 0) {
    guard depth < 64 else { return }
    if value.isArray {
      for element in value.elements { collect(element, template: template, depth: depth + 1) }
      return
    }
    guard value.isObject else { return }
    if value["$schema"]?.string?.lowercased().contains("deploymentparameters") ?? false {
      collectParameters(value)
      return
    }
    let item = Item(value: value, template: template, file: file)
    let type = item.text("type")?.lowercased() ?? ""
    let properties = item.properties
    if properties["networkRuleCollections"] != nil
      || properties["applicationRuleCollections"] != nil
    {
      collectFirewall(item)
      return
    }
    if type == "microsoft.network/azurefirewalls" {
      firewallName = firewallName ?? item.label
      return
    }
    if properties["ruleCollections"] != nil {
      groups.append(item)
      return
    }
    if value["ruleCollectionType"] != nil {
      collections.append(item)
      return
    }
    if type.hasSuffix("/ipgroups")
      || properties["ipAddresses"] != nil && type.isEmpty && Self.isIPGroup(value)
    {
      ipGroups.append(item)
      return
    }
    if type.hasSuffix("/firewallpolicies") || Self.looksLikePolicy(properties, type: type) {
      policies.append(item)
      // A template may nest the groups as child resources.
      for child in value["resources"]?.elements.map({ $0 }) ?? [] {
        collect(child, template: template, depth: depth + 1)
      }
      return
    }
    if value["copy"] != nil, type.contains("firewallpolic") {
      notes.append(
        Note(.unmodelled, "a `copy` loop of the template is not unrolled", at: item.position))
    }
    if type == "microsoft.resources/deployments", let inner = properties["template"] {
      collect(
        inner, template: Self.nested(inner, properties: properties, outer: template),
        depth: depth + 1)
      return
    }
    for (name, member) in value.members where name != "parameters" || value["resources"] == nil {
      guard member.isObject || member.isArray else { continue }
      let isTemplate = member["resources"] != nil && member["$schema"] != nil
      collect(
        member, template: isTemplate ? ARMTemplate(template: member) : template, depth: depth + 1)
    }
  }

  /// A nested deployment sees its own parameters where it asks for inner scope, else those of the
  /// template around it.
  private static func nested(
    _ inner: JSONValue, properties: JSONValue, outer: ARMTemplate
  ) -> ARMTemplate {
    let scope = properties["expressionEvaluationOptions"]?["scope"]?.string?.lowercased()
    guard scope == "inner" else { return outer }
    var given: [String: ARMValue] = [:]
    for (name, member) in properties["parameters"]?.members ?? [] {
      if let value = member["value"] { given[name.lowercased()] = outer.evaluate(value) }
    }
    return ARMTemplate(template: inner, given: given)
  }

  private mutating func collectFirewall(_ item: Item) {
    firewallName = firewallName ?? item.label
    // "A firewall may carry empty classic arrays and a reference to a policy": the policy decides.
    let properties = item.properties
    let refersToPolicy = properties["firewallPolicy"]?["id"] != nil
    let hasRules = ["networkRuleCollections", "applicationRuleCollections"].contains {
      !(properties.member($0)?.elements.map { $0 } ?? []).isEmpty
    }
    if !refersToPolicy || hasRules { classics.append(item) }
  }

  private static func isIPGroup(_ value: JSONValue) -> Bool {
    value["id"]?.string?.lowercased().contains("/ipgroups/") ?? false
  }

  private static func looksLikePolicy(_ properties: JSONValue, type: String) -> Bool {
    guard type.isEmpty || type.hasSuffix("/firewallpolicies") else { return false }
    return properties["threatIntelMode"] != nil
      && (properties["ruleCollectionGroups"] != nil || properties["basePolicy"] != nil
        || properties["sku"] != nil)
  }
}
