import ImportKit
import JSONTree
import Testing

@testable import AzureImporter

/// Expressions of templates against the examples of learn.microsoft.com, "Template functions in ARM
/// templates".
@Suite struct ARMExpressionTests {
  private static func evaluate(_ expression: String, variables: String = "{}") throws -> ARMValue {
    let template = """
      {"parameters": {"open": {"type": "string"}, "given": {"defaultValue": "v"}},
       "functions": [{"namespace": "contoso", "members": {"twice": {
         "parameters": [{"name": "text", "type": "string"}],
         "output": {"type": "string", "value": "[concat(parameters('text'), parameters('text'))]"}}}}],
       "variables": \(variables)}
      """
    let tree = try JSONTree(Array(template.utf8))
    return ARMScope(ARMTemplate(tree.root, file: 0, budget: ARMBudget())).evaluate(text: expression)
  }

  /// The value in a plain form: arrays in brackets, objects in braces, `?` for what is not known.
  private static func shown(_ value: ARMValue) -> String {
    if let items = value.elements { return "[" + items.map(shown).joined(separator: ",") + "]" }
    if let members = value.members {
      return "{" + members.map { "\($0.name):\(shown($0.value))" }.joined(separator: ",") + "}"
    }
    return value.isNull ? "null" : value.text ?? "?"
  }

  @Test(arguments: [
    ("plain", "plain"), ("[[escaped]", "[escaped]"), ("[concat('a', 'b')]", "ab"),
    ("[concat(createArray('a'), createArray('b'))]", "[a,b]"),
    ("[format('{0}-{1}{{', 'a', 3)]", "a-3{"), ("[format('{0:D2}', 3)]", "?"),
    ("[coalesce(null(), 'x')]", "x"), ("[coalesce(parameters('open'), 'x')]", "?"),
    ("[tryGet(createObject('a', 1), 'a')]", "1"), ("[tryGet(createObject('a', 1), 'b')]", "null"),
    ("[tryGet(createArray('a'), 3)]", "null"),
    ("[map(range(2, 3), lambda('x', add(lambdaVariables('x'), 1)))]", "[3,4,5]"),
    ("[filter(createArray(1, 5), lambda('x', greater(lambdaVariables('x'), 2)))]", "[5]"),
    (
      "[reduce(createArray(1, 2, 3), 0, lambda('s', 'x', add(lambdaVariables('s'), lambdaVariables('x'))))]",
      "6"
    ),
    ("[toObject(createArray('a'), lambda('k', lambdaVariables('k')), lambda('k', 1))]", "{a:1}"),
    ("[contains('abc', 'b')]", "true"), ("[contains(createArray('a'), 'b')]", "false"),
    ("[contains(createObject('Key', 1), 'key')]", "true"),
    (#"[json('{"a": [1, "[x]"]}')]"#, "{a:[1,[x]]}"), ("[json('nonsense')]", "?"),
    ("[createObject('a', createArray('b'))]", "{a:[b]}"), ("[createObject('a')]", "?"),
    ("[union(createArray('a', 'b'), createArray('b'))]", "[a,b]"),
    ("[union(createObject('a', 1), createObject('a', 2, 'b', 3))]", "{a:2,b:3}"),
    ("[flatten(createArray(createArray('a'), createArray('b')))]", "[a,b]"),
    ("[skip(createArray('a', 'b', 'c'), 1)]", "[b,c]"),
    ("[take(createArray('a', 'b'), 9)]", "[a,b]"),
    ("[split('a,b;c', createArray(',', ';'))]", "[a,b,c]"),
    ("[join(createArray('a', 'b'), '-')]", "a-b"),
    ("[replace('a.b.c', '.', '')]", "abc"), ("[substring('abcdef', 1, 3)]", "bcd"),
    ("[toLower('ABC')]", "abc"), ("[length('abc')]", "3"), ("[empty(createArray())]", "true"),
    ("[first('abc')]", "a"), ("[last(createArray(1, 2))]", "2"),
    ("[if(equals('a', 'a'), 'y', parameters('open'))]", "y"), ("[equals('a', 'A')]", "false"),
    ("[if(parameters('open'), 'y', 'n')]", "?"),
    ("[or(parameters('open'), true())]", "true"), ("[and(parameters('open'), true())]", "?"),
    ("[mod(7, 4)]", "3"), ("[div(1, 0)]", "?"), ("[add(9223372036854775807, 1)]", "?"),
    ("[contoso.twice('ab')]", "abab"), ("[contoso.thrice('ab')]", "?"),
    ("[parameters('given')]", "v"), ("[reference('x').name]", "?"), ("[uniqueString('x')]", "?"),
    ("[items(createObject('b', 1, 'a', 2))]", "[{key:a,value:2},{key:b,value:1}]"),
    ("[copyIndex()]", "?"), ("[nonsense", "[nonsense"), ("[two words]", "?"),
    ("[concat('it''s')]", "it's"),
  ])
  func functions(_ expression: String, _ expected: String) throws {
    #expect(Self.shown(try Self.evaluate(expression)) == expected)
  }

  @Test(arguments: [
    (
      #"{"copy": [{"name": "v", "count": 3, "input": "[concat('r', copyIndex('v'))]"}]}"#,
      "[r0,r1,r2]"
    ),
    (
      #"{"v": {"copy": [{"name": "list", "count": 2, "input": {"n": "[copyIndex('list', 5)]"}}]}}"#,
      "{list:[{n:5},{n:6}]}"
    ),
    (#"{"v": "[variables('v')]"}"#, "?"),
    (#"{"v": "[variables('w')]", "w": "[variables('v')]"}"#, "?"),
    (#"{"copy": [{"name": "v", "count": "[parameters('open')]", "input": 1}]}"#, "?"),
    (
      #"{"copy": [{"name": "v", "count": 2, "input": "[copyIndex('v', 9223372036854775807)]"}]}"#,
      "[9223372036854775807,?]"
    ),
  ])
  func variables(_ variables: String, _ expected: String) throws {
    #expect(Self.shown(try Self.evaluate("[variables('v')]", variables: variables)) == expected)
  }

  /// Templates that double a value line by line, or call themselves without end: the answer is not
  /// known, and comes at once.
  @Test(arguments: [
    ("'xxxxxxxx'", "concat(@, @)"), ("createArray('x', 'y')", "concat(@, @)"),
    ("'xxxxxxxx'", "format('{0}{0}{0}', @)"), ("createArray('x')", "createArray(@, @)"),
    ("createArray('x', 'y')", "map(@, lambda('z', @))"),
    ("'a,a,a,a'", "replace(@, 'a', 'a,a,a,a')"),
    ("createArray('x', 'y')", "union(createArray(@), createArray(@, @))"),
  ])
  func bombs(_ seed: String, _ step: String) throws {
    var members = ["\"v0\": \"[\(seed)]\""]
    for level in 1...60 {
      let inner = step.replacing("@", with: "variables('v\(level - 1)')")
      members.append("\"v\(level)\": \"[\(inner)]\"")
    }
    let variables = "{" + members.joined(separator: ",") + "}"
    let started = ContinuousClock.now
    _ = try Self.evaluate("[string(length(variables('v60')))]", variables: variables)
    #expect(ContinuousClock.now - started < .seconds(20))
  }

  @Test func deepCalls() throws {
    let deep =
      String(repeating: "concat(", count: 100_000) + "'x'" + String(repeating: ")", count: 100_000)
    #expect(Self.shown(try Self.evaluate("[\(deep)]")) == "?")
    let chain = (1...5000).map { "\"v\($0)\": \"[variables('v\($0 - 1)')]\"" }
    let variables = "{\"v0\": \"x\"," + chain.joined(separator: ",") + "}"
    #expect(Self.shown(try Self.evaluate("[variables('v5000')]", variables: variables)) == "?")
  }
}
