import ImportKit

/// What a policy does: its action and the gates of its profiles.
extension FortiRules {
  /// Nil for an action that is not known, and for one that leads into a VPN tunnel.
  mutating func action(of policy: FortiEntry, kind: Kind) -> Action? {
    // In policy-based mode the firewall policy only selects: "There is no schedule or action
    // options". Source: docs.fortinet.com, FortiOS 6.2.1 New Features, "NGFW policy mode".
    if kind == .selection { return .allow }
    let word = policy.word("action")
    // FortiOS leaves the default out of its text, and the default is to deny; in an answer of the API
    // what is absent was not asked for.
    guard word != nil || policy.json == nil && !policy.has("action") else { return nil }
    switch word ?? "deny" {
    case "deny", "0": return .deny(policy.isOn("send-deny-packet") ? .reject : .drop)
    case "accept", "1", "learn": return .allow(gates: gates(of: policy, kind: kind))
    default: return nil
    }
  }

  mutating func gates(of policy: FortiEntry, kind: Kind) -> [String] {
    var result: [String] = []
    switch policy.word("http-policy-redirect") {
    case "disable", "0": break
    case nil where !policy.has("http-policy-redirect") || policy.json == nil: break
    default:
      result.append(gates.proxyGate("the policy redirects web traffic to the proxy", at: policy))
    }
    if let server = policy.word("webproxy-forward-server") {
      result.append(gates.proxyGate("web traffic goes on to the proxy `\(server)`", at: policy))
    }
    if let name = missingGroup(policy) {
      result.append(
        gates.missing(
          "profile group \(name)", "profile group `\(name)`", kind: .missingPart, at: policy))
    }
    if policy.flag("wccp") != false {
      result.append(gates.proxyGate("web traffic goes to a WCCP server", at: policy))
    }
    let source = profiles(of: policy)
    guard let source else { return result }
    let level = inspection.level(
      of: source.word("ssl-ssh-profile") ?? policy.word("ssl-ssh-profile"), at: policy,
      objects: &objects)
    if source !== policy,
      let left = source.leftOver(
        "profile group `\(source.key)`", draft,
        ignoring: FortiIrrelevant.policy.union([
          "ssl-ssh-profile": "read with the policy", "webfilter-profile": "read below",
          "application-list": "read below", "dnsfilter-profile": "read below",
        ]))
    {
      result.append(gates.doubtful("profile group \(source.key)", left, at: source))
    }
    // In policy-based mode the selecting policy inspects, so security policies see the host.
    let sight: FortiGates.Sight = level == .none && kind != .security ? .none : .host
    return result
      + gates.gates(of: source, mode: mode(of: policy), sight: sight, objects: &objects)
  }

  /// Where a policy's profiles stand: in itself, in a group of profiles, or nowhere while the
  /// switch for them is off.
  mutating func profiles(of policy: FortiEntry) -> FortiEntry? {
    // Text leaves the switch out where it is off; JSON always has it.
    policy.ignore("profile-type", "webfilter-profile", "application-list", "dnsfilter-profile")
    policy.ignore("ssl-ssh-profile", "profile-group")
    if policy.flag("utm-status", or: policy.json != nil) == false { return nil }
    guard let type = policy.word("profile-type"), type == "group" || type == "1",
      let name = policy.word("profile-group")
    else { return policy }
    guard let group = objects.find(name, in: "firewall profile-group") else {
      return nil
    }
    return group
  }

  /// The group of profiles that a policy names and the export does not have.
  mutating func missingGroup(_ policy: FortiEntry) -> String? {
    guard policy.flag("utm-status", or: policy.json != nil) != false,
      let type = policy.word("profile-type"), type != "single", type != "0",
      let name = policy.word("profile-group"),
      objects.find(name, in: "firewall profile-group") == nil
    else { return nil }
    return name
  }

  func mode(of policy: FortiEntry) -> FortiNames.Mode? {
    if let word = policy.word("inspection-mode") { return FortiNames.Mode(rawValue: word) }
    switch modeIsGlobal {
    case true?: return FortiNames.Mode(rawValue: settings?.word("inspection-mode") ?? "proxy")
    // Since FortiOS 6.2 the mode is the policy's own, and flow is the default.
    case false?: return .flow
    case nil: return nil
    }
  }
}
