/** Every text of the pages: English, Chinese. {name} is replaced by a value. */
const STRINGS = {
  language: ["Language", "语言"],
  pages: ["Pages", "页面"],
  try: ["Try", "试用"],
  teach: ["Teach", "训练"],
  understand: ["Understand", "理解"],
  broken: ["This did not work", "出错了"],
  token: ["Token", "令牌"],
  tokenTitle: ["This server wants a token", "此服务器需要令牌"],
  tokenLead: ["It was given one when it was started (MOBILENET4J_TOKEN or --token-file).", "启动服务器时设置的令牌（MOBILENET4J_TOKEN 或 --token-file）。"],
  go: ["OK", "确定"],
  model: ["Model", "模型"],
  classes: ["Classes", "类别"],
  camera: ["camera", "摄像头"],
  cameraOn: ["Camera on", "打开摄像头"],
  cameraOff: ["Camera off", "关闭摄像头"],
  noCamera: ["The browser allows the camera only at localhost or by https. Choose an image in its place: on a phone that takes one.", "浏览器只在 localhost 或 https 下允许使用摄像头。可以改为选择图片；在手机上可直接拍照。"],
  chooseImage: ["Choose an image", "选择图片"],
  noImage: ["There is no image among these.", "其中没有图片。"],

  tryTitle: ["What does it see?", "它看到了什么？"],
  tryLead: ["Nothing leaves this machine: the image goes to the server that the page came from, and nowhere else.", "数据不会离开本机：图片只发送到提供本页的服务器。"],
  dropHere: ["Drop an image here, paste one, or use the camera.", "把图片拖到这里、粘贴，或使用摄像头。"],
  asSeen: ["The image as the network sees it", "网络看到的图像"],
  itSays: ["It says", "它的回答"],
  took: ["{ms} ms for the network.", "网络用时 {ms} 毫秒。"],
  unknown: ["The model itself says that it may be none of these.", "模型自己也说：可能都不是。"],
  whyThis: ["Why? See the whole way", "为什么？查看全过程"],
  showWhere: ["Show where it looked", "显示它看的位置"],

  teachTitle: ["Teach it your own classes", "教它你自己的类别"],
  teachLead: ["A project is a plain folder of images on this machine, a folder for each class. Nothing is lost when this page is closed.", "项目就是本机上的普通图片文件夹，每个类别一个子文件夹。关闭页面不会丢失任何内容。"],
  newProject: ["New project", "新建项目"],
  projects: ["Projects", "项目"],
  projectName: ["Its name", "名称"],
  beginsWith: ["Begins with", "起始模型"],
  create: ["Create", "创建"],
  counts: ["{classes} classes, {images} images", "{classes} 个类别，{images} 张图片"],
  className: ["Name of the class", "类别名称"],
  addClass: ["Add class", "添加类别"],
  addImages: ["Add images", "添加图片"],
  addFolders: ["Add a folder with a folder for each class", "添加文件夹（每个类别一个子文件夹）"],
  hold: ["Hold to record", "按住拍摄"],
  imagesOf: ["Images of {name}", "{name} 的图片"],
  image: ["Image {name}", "图片 {name}"],
  showMore: ["Show more", "显示更多"],
  chosen: ["{count} chosen", "已选 {count} 张"],
  remove: ["Remove", "移除"],
  move: ["Move to", "移动到"],
  moveTo: ["Class to move to", "目标类别"],
  rename: ["Rename", "重命名"],
  removeClass: ["Remove class", "移除类别"],
  more: ["More", "更多"],
  sure: ["Remove {name} and its images? They are kept in the project's folder .studio/removed.", "移除 {name} 及其图片？它们会保留在项目文件夹的 .studio/removed 中。"],
  sent: ["{sent} of {all} images sent", "已发送 {sent} / {all} 张"],
  added: ["{count} images added.", "已添加 {count} 张图片。"],
  notSent: ["{count} images were not taken:", "{count} 张图片未被接受："],
  live: ["Live", "实时"],
  dropTest: ["Camera, or drop an image here that it has not learned from.", "打开摄像头，或把未参与训练的图片拖到这里。"],
  testImage: ["The image that is tested", "测试图片"],
  needTwo: ["It learns as soon as two classes have images.", "两个类别有图片后即开始学习。"],
  looking: ["Looking at images: {done} of {images}", "正在查看图片：{done} / {images}"],
  learned: ["Learned from {images} images in {ms} ms.", "用 {ms} 毫秒学习了 {images} 张图片。"],
  accuracy: ["Of images that it had not learned from it gets {percent} right.", "对未学过的图片，正确率为 {percent}。"],
  checking: ["Checking …", "检查中……"],
  asked: ["Who is asked", "使用哪个模型"],
  classifier: ["Classifier on features", "特征上的分类器"],
  fineTuned: ["Fine-tuned network", "微调后的网络"],

  adviceTitle: ["Worth a look", "值得留意"],
  advice_FEW: ["{class} has {count} images. From about ten on it becomes reliable, from fifty good.", "{class} 只有 {count} 张图片。大约十张起才可靠，五十张起较好。"],
  advice_IMBALANCE: ["{most} has {times} times as many images as {least}: what is rare is easily overlooked.", "{most} 的图片是 {least} 的 {times} 倍：少的类别容易被忽略。"],
  advice_SWALLOWS: ["{class} swallows the others: {part} of their images are taken for it. Do its images show only what the class is?", "{class} 吞掉了其他类别：它们的图片有 {part} 被认作它。它的图片是否只显示这个类别？"],
  advice_TWINS_APART: ["Nearly the same image lies in two classes ({count} pairs): one of them is wrong.", "几乎相同的图片出现在两个类别中（{count} 对）：其中一个是错的。"],
  advice_TWINS: ["{count} pairs of images are nearly the same. They add little, and make the figures look too good.", "有 {count} 对图片几乎相同。它们帮助不大，还会使数字偏高。"],
  advice_DOUBTFUL: ["{count} images seem to belong to another class. Are they in the right one?", "{count} 张图片似乎属于别的类别。放对了吗？"],
  advice_UNREADABLE: ["{count} images cannot be read, and are left out.", "{count} 张图片无法读取，已忽略。"],

  fineTuning: ["Fine-tuning", "微调"],
  fineTuningLead: ["Goes on from the classifier and trains the whole network: minutes instead of milliseconds, for when the classifier alone is not enough.", "从分类器继续，训练整个网络：以分钟计而不是毫秒，适用于仅有分类器不够的情况。"],
  epochs: ["Epochs", "轮数"],
  startTraining: ["Start", "开始"],
  resume: ["Go on", "继续"],
  stop: ["Stop", "停止"],
  report: ["Report", "报告"],
  state_RUNNING: ["Epoch {epoch} of {epochs}, {rate} images a second. Right of those that it does not learn from: {percent}", "第 {epoch} / {epochs} 轮，每秒 {rate} 张。未参与学习的图片正确率：{percent}"],
  state_RUNNING_SOON: ["Begins …", "即将开始……"],
  state_STOPPING: ["Saves everything and stops …", "正在保存并停止……"],
  state_STOPPING_SOON: ["Saves everything and stops …", "正在保存并停止……"],
  state_STOPPED: ["Stopped; it can go on where it was.", "已停止；可以从原处继续。"],
  state_FINISHED: ["Finished. Right of those that it did not learn from: {percent}", "已完成。未参与学习的图片正确率：{percent}"],
  state_FAILED: ["It failed: {error}", "失败：{error}"],
  curve: ["Epoch {epoch}: right of the images that it learns from {train}, of the others {validation}", "第 {epoch} 轮：学习的图片正确率 {train}，其他图片 {validation}"],
  learnsFrom: ["images that it learns from, % right", "学习的图片，正确 %"],
  doesNotSee: ["images that it does not learn from", "未参与学习的图片"],

  confusionTitle: ["What is taken for what", "什么被认作什么"],
  confusionLead: ["A row is what the images are, a column what it says of them when it has not learned from them. Open a number to see its images.", "行是图片的真实类别，列是模型未学过它们时的回答。点开数字即可查看图片。"],
  isSaid: ["is ↓  said →", "实际 ↓ 回答 →"],
  cell: ["{count} images of {truth}, taken for {predicted}", "{count} 张 {truth}，被认作 {predicted}"],
  taken: ["{truth}, taken for {predicted}", "{truth} 被认作 {predicted}"],

  exportTitle: ["Take it home", "导出"],
  exportLead: ["Written on this machine, read again, and run beside the original on your images before it is given to you. Which of the two is chosen above.", "在本机写出、重新读入，并与原模型在你的图片上对比后才交给你。导出哪一个由上面的选择决定。"],
  writing: ["Writing and checking …", "正在写出并检查……"],
  verified: ["{file}, {size}: the same answers on {images} images, largest difference {difference} of the largest logit.", "{file}，{size}：{images} 张图片回答相同，最大差异为最大 logit 的 {difference}。"],

  understandTitle: ["Your image's way through your network", "你的图片如何通过你的网络"],
  understandLead: ["Every layer, every sum, and where it looked.", "每一层、每个求和，以及它看的位置。"],
  computing: ["Computing …", "计算中……"],
  ofHead: ["{name}: classifier", "{name}：分类器"],
  ofRun: ["{name}: fine-tuned", "{name}：微调后"],
};

const KEY = "mobilenet4j-language";

/** The languages, by what browsers call them. */
export const LANGUAGES = [
  { code: "en", html: "en", name: "English" },
  { code: "zh", html: "zh-CN", name: "中文" },
];

/** Returns a function from a key and values to text. */
export function translator(code) {
  const column = LANGUAGES.findIndex((language) => language.code === code);
  return (key, values = {}) => STRINGS[key][column].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Returns the language that was chosen before, or the reader's browser asks for. */
export function preferredLanguage() {
  const wanted = localStorage.getItem(KEY) ?? navigator.language ?? "";
  return wanted.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** Keeps a choice. */
export function rememberLanguage(code) {
  localStorage.setItem(KEY, code);
}
