import ImportKit

/// Turns a configuration into one policy a profile.
///
/// Rules have no order: "explicitly defined allow rules take precedence over the default block
/// setting; explicit block rules take precedence over any conflicting allow rules" (learn.microsoft.com,
/// "Windows Firewall rules", Rule precedence); rules that override block rules stand above both
/// ([MS-FASP] 2.2.34, FW_RULE_ACTION_ALLOW_BYPASS). So here come overriding rules, then those that
/// block, then those that allow, then the profile's default. What is judged is what the computer
/// itself sends.
enum WFPolicyBuilder {
  static func policies(_ configuration: WFConfiguration) -> [Policy] {
    WFProfile.allCases.map { profile in policy(configuration, profile) }
  }

  private static func policy(_ configuration: WFConfiguration, _ profile: WFProfile) -> Policy {
    let settings = configuration.settings(of: profile)
    let scope = configuration.owner.map { "\($0)/\(profile.rawValue)" } ?? profile.rawValue
    let draft = PolicyDraft(Policy(scope: scope, format: "windows-firewall"))
    draft.doubts.add(configuration.doubts.notes)
    let translator = WFRuleTranslator(configuration, draft: draft)
    var sorted: [(rank: Int, rule: Rule)] = []
    for rule in configuration.rules where rule.profiles.contains(profile) {
      for translated in translator.rule(merged(rule, settings, profile, draft.doubts)) {
        sorted.append((rank(rule, translated), translated))
      }
    }
    // Swift's sort is stable, so inside a rank the export's order stays.
    var rules = sorted.sorted { $0.rank < $1.rank }.map(\.rule)
    let position = settings.position ?? SourcePosition(line: 0)
    if settings.enabled == false || settings.enabled == nil && settings.enabledDoubt != nil {
      let doubt = settings.enabled == nil ? settings.enabledDoubt : nil
      rules.insert(
        Rule(
          name: "the firewall is off for this profile",
          match: Match(doubt.map { [.requires($0)] } ?? []), action: .allow,
          origin: .implied, position: position), at: 0)
    }
    if settings.blocksOutbound == nil {
      let text =
        "the default for outbound traffic is not set in the export; Windows allows it unless "
        + "something else sets it"
      rules.append(
        Rule(
          name: "default outbound action, not in the export",
          match: Match([.requires(draft.doubt(.unresolved, text))]), action: .deny(.drop),
          origin: .implied, position: position))
    }
    if let doubt = configuration.notInForce {
      // What else the computer has is not in the export.
      rules =
        draft.gap(
          doubt.detail, kind: doubt.kind, name: "(what is in force instead)", at: position) + rules
    }
    notes(draft, configuration, settings, profile)
    var policy = draft.finish()
    let blocks = settings.blocksOutbound == true
    policy.tables = [
      Table(
        name: "outbound", rules: rules,
        defaultAction: DefaultAction(
          blocks ? .deny : .allow,
          name: "default outbound action \(blocks ? "Block" : "Allow")", position: settings.position
        ))
    ]
    policy.pipelines = [
      Pipeline(traffic: .host, mode: .allOf, stages: [Stage(table: "outbound")])
    ]
    policy.proposals = [
      ClientProposal(
        client: Client(traffic: .host),
        reason: "the computer's own traffic, on a network of the profile \(profile.rawValue)")
    ]
    return policy
  }

  /// A rule with what a profile says about rules made on the computer itself: with
  /// AllowLocalPolicyMerge (AllowLocalFirewallRules) off they stay listed and are not enforced
  /// ([MS-FASP] 2.2.27, FW_ENFORCEMENT_STATE_LOCAL_FIREWALL_RULES_DISALLOWED).
  private static func merged(
    _ rule: WFRule, _ settings: WFProfileSettings, _ profile: WFProfile, _ doubts: Doubts
  ) -> WFRule {
    guard rule.isLocal != false else { return rule }
    var rule = rule
    if rule.isLocal == nil {
      if settings.mergesLocalRules == false || settings.mergeDoubt != nil {
        rule.conditions.append(
          doubts.doubt(
            .notInForce,
            "whether \(rule.words) was made on the computer, whose rules are not merged",
            at: rule.position))
      }
    } else if settings.mergesLocalRules == false {
      rule.never =
        rule.never ?? "rules made on the computer are not merged in the profile \(profile.rawValue)"
    } else if let doubt = settings.mergeDoubt {
      rule.conditions.append(doubt)
    }
    return rule
  }

  private static func rank(_ rule: WFRule, _ translated: Rule) -> Int {
    if rule.action == .bypass { return 0 }
    if case .deny = translated.action { return 1 }
    return 2
  }

  private static func notes(
    _ draft: PolicyDraft, _ configuration: WFConfiguration, _ settings: WFProfileSettings,
    _ profile: WFProfile
  ) {
    if configuration.inboundCount > 0 {
      draft.note(
        .reading,
        "\(configuration.inboundCount) rules for incoming traffic are left out: they do not "
          + "concern what the computer sends")
    }
    if settings.enabled == nil {
      draft.note(
        .completeness,
        "whether the firewall is on for the profile \(profile.rawValue) is not in the "
          + "export; taken to be on, as Windows has it")
    }
    if configuration.store == .pushed, settings.mergesLocalRules != false {
      draft.note(
        .completeness,
        "rules made on the computers themselves apply too (local policy merge is not "
          + "off) and are not in the export; run Export-WindowsFirewall.ps1 on a computer to see "
          + "what is in force")
    }
    if configuration.store == .pushed {
      draft.note(
        .completeness,
        "other group policy objects and Intune policies may add rules and settings; "
          + "give them together, or what is in force on a computer")
    }
    if configuration.store == .local {
      draft.note(
        .completeness,
        "these are the computer's own rules; group policy and Intune may add more: "
          + "export what is in force, with Export-WindowsFirewall.ps1")
    }
    draft.note(
      .completeness,
      "filters that other programs set beside the firewall (security suites, VPN clients, "
        + "containers) are not in the export; see `netsh wfp show filters`")
  }
}
