/** Every text of the page: English, Chinese. {name} is replaced by a value. */
const STRINGS = {
  language: ["Language", "语言"],
  subtitle: ["MobileNet V1 α {alpha}, input {height}×{width}, {precision}, {classes} classes. {ms} ms an image here, {threads} threads. Model: {model}.", "MobileNet V1 α {alpha}，输入 {height}×{width}，{precision}，{classes} 个类别。本机每张图 {ms} 毫秒，{threads} 个线程。模型：{model}。"],
  float32: ["32-bit floats", "32 位浮点数"],
  bfloat16: ["bfloat16", "bfloat16"],
  int8: ["8-bit integers", "8 位整数"],
  unknown: ["The model itself says that it may be none of these.", "模型自己也说：可能都不是。"],

  whereTitle: ["Where it looked", "它在看哪里"],
  whereLead: ["The network ends with a mean over all places and one matrix. So each place has its own share of the answer: orange speaks for the class, blue against it.", "网络的最后是对所有位置求平均，再乘一个矩阵。因此每个位置在答案里都有自己的一份：橙色支持这个类别，蓝色反对。"],
  noClassifier: ["This network has no classifier: it ends with pooled features, and so nothing it says can be shown here.", "这个网络没有分类层，输出的是池化后的特征，所以这里没有可以解释的答案。"],
  classes: ["Classes", "类别"],
  mapAlt: ["The image as the network sees it, with the map of “{label}” over it", "网络看到的图像，叠加“{label}”的激活图"],
  gridCaption: ["The map of “{label}”: what each of the {count} places adds", "“{label}”的激活图：{count} 个位置各自的贡献"],
  bias: ["bias", "偏置"],
  meanOf: ["mean of the {count} numbers", "{count} 个数的平均"],
  logit: ["logit", "logit"],
  addsUp: ["The network computed {computed}: the same, but for {difference} of rounding.", "网络算出的是 {computed}：一样，只差舍入的 {difference}。"],
  addsUpIntegers: ["The network computed {computed}. The difference of {difference} is its own rounding: it keeps features and logits in steps of 8 bits.", "网络算出的是 {computed}。相差的 {difference} 是它自己的舍入：特征和 logit 只有 8 位的精度。"],
  notLinear: ["There is a hidden layer in between. Its units that are zero for this image are left out; with the others the map adds up, for this image alone.", "中间有一个隐藏层。对这张图为零的单元不计；其余单元使激活图恰好相加得到 logit，但只对这张图成立。"],
  likely: ["The largest logit becomes a probability of {percent}.", "最大的 logit 变成概率 {percent}。"],
  features: ["The features that say most", "贡献最大的特征"],
  featuresLead: ["Feature × weight, on average over the image; {count} features in all.", "特征 × 权重，在整张图上平均；共 {count} 个特征。"],
  feature: ["feature {number}", "特征 {number}"],

  networkTitle: ["Layer by layer", "逐层看"],
  networkLead: ["From top to bottom your image's way through the network. Each small picture is one feature map, each with its own scale from dark (0) to yellow. Open a row to compute it yourself.", "从上到下是你的图像经过网络的路。每张小图是一个特征图，从暗（0）到黄，各有自己的刻度。打开一行，可以自己算一遍。"],
  stem: ["first convolution", "第一层卷积"],
  block: ["block {number}", "第 {number} 块"],
  pool: ["average pooling", "平均池化"],
  hidden: ["hidden layer", "隐藏层"],
  classifier: ["classifier", "分类层"],
  rowShape: ["{channels} maps of {height}×{width}", "{channels} 个 {height}×{width} 的特征图"],
  rowValues: ["{channels} values", "{channels} 个值"],
  maps: ["feature maps", "特征图"],
  million: ["{value} M", "{value} M"],
  ms: ["ms", "毫秒"],
  poolText: ["Each of the {count} feature maps becomes one number, its mean: where something is no longer matters. Then the classifier multiplies these numbers by its matrix, as “Where it looked” shows.", "{count} 个特征图各取平均，变成一个数：东西在哪里不再重要。然后分类层用矩阵乘这些数，正如“它在看哪里”所示。"],

  placeHelp: ["Move the pointer over a map, or use the arrow keys on it, to choose the place.", "把指针移到特征图上，或选中它后用方向键，选择位置。"],
  depthwiseTitle: ["1. Depthwise: nine weights look at one map", "1. 逐通道卷积：九个权重看一个特征图"],
  stemTitle: ["A standard convolution: 27 weights look at red, green and blue", "标准卷积：27 个权重看红、绿、蓝三个通道"],
  stemTitleGrey: ["A standard convolution with one channel: nine weights", "单通道的标准卷积：九个权重"],
  pointwiseTitle: ["2. Pointwise: one column of weights mixes all {count} maps", "2. 逐点卷积：一列权重混合全部 {count} 个特征图"],
  chooseInput: ["Which map goes in", "选择输入的特征图"],
  chooseOutput: ["Which map comes out", "选择输出的特征图"],
  mapNumber: ["map {number}", "特征图 {number}"],
  input: ["input", "输入"],
  depthwiseResult: ["depthwise result", "逐通道卷积的结果"],
  pointwiseResult: ["pointwise result", "逐点卷积的结果"],
  result: ["result", "结果"],
  mapLabel: ["{what}, map {number}, row {row}, column {column}: {value}", "{what}，特征图 {number}，第 {row} 行第 {column} 列：{value}"],
  valueTimesWeight: ["value × weight", "值 × 权重"],
  outside: ["outside the image: 0", "图像之外：0"],
  red: ["red", "红"],
  green: ["green", "绿"],
  blue: ["blue", "蓝"],
  grey: ["grey", "灰"],
  sumOf: ["sum of {count} products", "{count} 个乘积之和"],
  sum: ["sum", "和"],
  activation: ["after {name}", "经过 {name}"],
  rounded: ["rounded to steps of {step}", "舍入到 {step} 的整数倍"],
  networkHas: ["the network has", "网络的值"],
  weightsColumn: ["The column: a weight for each of the {count} maps that go in; those shown are marked", "这一列：{count} 个输入特征图各有一个权重；标出的是下面列出的"],
  weight: ["weight", "权重"],
  value: ["value", "值"],
  product: ["product", "乘积"],
  others: ["the {count} others together", "其余 {count} 个合计"],
  fieldTitle: ["What this place sees", "这个位置看到的范围"],
  fieldText: ["Its receptive field: {rows}×{columns} pixels, of which {inside} lie in the image. The next place sees {stride} pixels further on.", "感受野：{rows}×{columns} 像素，其中 {inside} 在图像之内。下一个位置的感受野移动 {stride} 像素。"],
  fieldAlt: ["The image with the receptive field of row {row}, column {column} drawn on it", "图像，画出第 {row} 行第 {column} 列的感受野"],
  costTitle: ["What that saves", "省了多少"],
  separable: ["depthwise + pointwise", "逐通道 + 逐点"],
  standard: ["one standard 3×3", "一个标准 3×3"],
  ratio: ["times as much", "倍数"],
  parameters: ["parameters", "参数"],
  multiplyAdds: ["multiply-adds", "乘加次数"],
  milliseconds: ["milliseconds here", "本机毫秒"],
  estimate: ["≈ {value}", "≈ {value}"],
  estimateNote: ["≈ is estimated: as many multiply-adds a millisecond as this block has. The rest was measured when the page was made.", "≈ 是估计值：按本块每毫秒的乘加次数推算。其余为制作本页时实测。"],

  convolutionsTitle: ["Two small convolutions for a large one", "用两个小卷积代替一个大卷积"],
  convolutionsLead: ["A standard convolution looks at a neighbourhood and mixes channels at once. Depthwise and pointwise do one after the other.", "标准卷积同时做两件事：看邻域、混合通道。逐通道卷积和逐点卷积把它们分开，先后进行。"],
  channelsIn: ["channels in", "输入通道"],
  channelsOut: ["channels out", "输出通道"],
  part: ["That is {percent} of the parameters: 1/{out} + 1/9.", "只有参数的 {percent}：1/{out} + 1/9。"],

  multipliersTitle: ["Smaller networks", "更小的网络"],
  multipliersLead: ["The width multiplier α makes every layer narrower, the resolution multiplier ρ the image smaller. Both cost accuracy; the paper says how much.", "宽度乘子 α 使每层变窄，分辨率乘子 ρ 使图像变小。两者都会损失精度；论文给出了损失多少。"],
  alpha: ["width multiplier α", "宽度乘子 α"],
  rho: ["resolution multiplier ρ: input {resolution}×{resolution}", "分辨率乘子 ρ：输入 {resolution}×{resolution}"],
  accuracy: ["top-1 on ImageNet", "ImageNet top-1"],
  paper: ["the paper's Tables 6 and 7", "论文表 6、表 7"],
  checkpoints: ["the authors' checkpoints", "作者发布的权重"],
  measured: ["measured here, 32-bit floats", "本机实测，32 位浮点"],
  estimated: ["estimated from the measured ones", "由实测推算"],
  chart: ["Accuracy by multiply-adds of the 16 networks of the paper", "论文中 16 个网络的精度与乘加次数"],
  chartX: ["million multiply-adds", "百万次乘加"],
  chartY: ["top-1, %", "top-1，%"],
  table: ["All sixteen", "全部十六个"],
  source: ["accuracy from", "精度来源"],
  resolution: ["input", "输入"],

  footer: ["Made by mobilenet4j. This page loads nothing from anywhere.", "由 mobilenet4j 制作。本页不从任何地方加载内容。"],
};

/** The languages, by what browsers call them. */
export const LANGUAGES = [
  { code: "en", html: "en", name: "English" },
  { code: "zh", html: "zh-CN", name: "中文" },
];

/** Returns a function from a key and values to text. */
export function translator(code) {
  const column = LANGUAGES.findIndex((language) => language.code === code);
  return (key, values = {}) =>
    STRINGS[key][column].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Returns the language that the page's address ends with, as #zh, or the reader's browser asks for. */
export function preferredLanguage() {
  const wanted = location.hash.slice(1) || navigator.language || "";
  return wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
}
